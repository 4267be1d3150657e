// A page with nothing but the capture, for capture.test.ts, which drives it as `trial`.

import { BrowserMicrophone } from '../../../src/renderer/audio/capture'

const streams = []
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = async (constraints) => {
  if (trial.refusal) throw new DOMException(trial.refusal.message, trial.refusal.name)
  const stream = trial.silence?.stream ?? (await getUserMedia(constraints))
  streams.push(stream)
  return stream
}

const trial = {
  /** What getUserMedia is to reject with. */
  refusal: null,
  /** A device that gives zeros, until `whistle`. */
  silence: null,
  microphone: null,
  capture: null,
  beside: null,
  states: [],
  peaks: [],
  chunks: [],
  told: [],

  warm(rateHz) {
    trial.microphone = new BrowserMicrophone(rateHz)
    trial.microphone.warm()
    return trial.microphone.context().then((context) => context.sampleRate)
  },

  open(label = '') {
    Object.assign(trial, { peaks: [], chunks: [], told: [] })
    trial.capture = trial.microphone.open(label, {
      pcm: (chunk) => trial.chunks.push(chunk),
      peak: (value) => trial.peaks.push(value),
      tell(event) {
        trial.told.push(event)
        // As the recorder does: nothing more comes.
        if (event.kind === 'failed') trial.capture.release()
      },
    })
  },

  finish: (tailMs) => trial.capture.finish(tailMs),
  use: (label) => trial.capture.use(label),
  devices: () => trial.microphone.devices(),
  release: () => trial.capture.release(),
  samples: () => trial.chunks.flatMap((chunk) => [...new Int16Array(chunk)]),
  tracks: () => streams.flatMap((stream) => stream.getTracks().map((track) => track.readyState)),

  /** The device is pulled: the browser ends its track and says so. */
  pull() {
    for (const track of streams.at(-1).getTracks()) {
      track.stop()
      track.dispatchEvent(new Event('ended'))
    }
  },
  refuseOtherRates() {
    const { createMediaStreamSource } = AudioContext.prototype
    AudioContext.prototype.createMediaStreamSource = function (stream) {
      if (this.sampleRate === 16_000) throw new DOMException('other rate', 'NotSupportedError')
      return createMediaStreamSource.call(this, stream)
    }
  },
  mute() {
    trial.silence = new MediaStreamAudioDestinationNode(new AudioContext())
  },
  whistle() {
    const tone = new OscillatorNode(trial.silence.context)
    tone.connect(trial.silence)
    tone.start()
  },
  /** The audio thread is late, as on a machine with too much to do. */
  lagBehind(ms) {
    const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage')
    Object.defineProperty(MessagePort.prototype, 'onmessage', {
      set(listener) {
        set.call(this, (event) => setTimeout(() => listener(event), ms))
      },
    })
  },
  slowGraph() {
    const { addModule } = AudioWorklet.prototype
    AudioWorklet.prototype.addModule = async function (url) {
      await new Promise((next) => setTimeout(next, 300))
      return addModule.call(this, url)
    }
  },
  /** Another one beside it, such as the test of the microphone. */
  async openBeside() {
    await new Promise((live) => {
      trial.beside = trial.microphone.open('', {
        pcm() {},
        peak() {},
        tell: ({ kind }) => kind === 'live' && live(),
      })
    })
  },
  releaseBeside: () => trial.beside.release(),
  /** What the graph is from now on. */
  async watchGraph() {
    const context = await trial.microphone.context()
    trial.states = [context.state]
    context.addEventListener('statechange', () => trial.states.push(context.state))
  },
  blockGraph() {
    AudioContext.prototype.resume = () => new Promise(() => {})
  },
  breakGraph() {
    AudioWorklet.prototype.addModule = async () => {
      // Later than the device opens.
      while (streams.length === 0 && trial.capture)
        await new Promise((next) => setTimeout(next, 20))
      throw new Error('no module')
    }
  },
  plug: () => navigator.mediaDevices.dispatchEvent(new Event('devicechange')),
}

document.getElementById('record').addEventListener('click', () => trial.open())
window.trial = trial
