// Two soft notes: rising when one may speak, falling when the recording has ended.

export type Edge = 'start' | 'end'

const NOTES_HZ: Readonly<Record<Edge, readonly [number, number]>> = {
  start: [660, 880],
  end: [880, 660],
}
const NOTE_S = 0.07
/** About -26 dB: heard in a quiet room, and soft in the recording, which hears the first one. */
const LOUDNESS = 0.05
/** Longer than it sounds, also where the output is slow to open. */
const CLOSE_MS = 1500

/** Plays it where the page may; where it may not, nothing is lost but the sound. */
export function chime(edge: Edge): void {
  const context = new AudioContext()
  const tone = context.createOscillator()
  const gain = context.createGain()
  tone.connect(gain).connect(context.destination)
  const start = context.currentTime
  const [first, second] = NOTES_HZ[edge]
  tone.frequency.setValueAtTime(first, start)
  tone.frequency.setValueAtTime(second, start + NOTE_S)
  // From and to silence: a tone that is cut clicks.
  gain.gain.setValueAtTime(0, start)
  gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.01)
  gain.gain.linearRampToValueAtTime(0, start + 2 * NOTE_S)
  tone.start()
  tone.stop(start + 2 * NOTE_S)
  // By a timer: where the page may not play, the tone never ends.
  setTimeout(() => void context.close(), CLOSE_MS)
}
