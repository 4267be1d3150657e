// The browser's microphone: getUserMedia into an AudioWorklet, through devices that come and go.

import { fromMediaError, micError } from './errors'
import type { Capture, CaptureSink, Microphone, MicrophoneDevice } from './microphone'
import { SAMPLE_RATE } from './pcm'
import workletUrl from './worklet.ts?worker&url'
import { CAPTURE_PROCESSOR, type FromWorklet, type ToWorklet } from './worklet-messages'

/** The audio thread answers within milliseconds, or later on a busy machine: it is looked so often. */
const LOOK_MS = 500
/** So many looks without news, and it will not answer; a graph that stands still is not waited for. */
const PATIENT_LOOKS = 4
const RESUME_MS = 2000

/**
 * The signal as it is. Echo cancellation: dictation plays nothing back, and on macOS and Windows it
 * turns on a call mode that ducks other sound and pushes Bluetooth headsets to telephone quality.
 * Noise suppression: it takes quiet consonants along, and speech models are trained on noise, not
 * on its traces. Gain control: it pumps, moves the slider of the system's microphone for all other
 * programs, and models level what they hear anyway. Without all three a device also opens sooner.
 */
const PROCESSING = {
  channelCount: 1,
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
} satisfies MediaTrackConstraints

export class BrowserMicrophone implements Microphone {
  #context: Promise<AudioContext> | null = null
  /** How many recordings need it to run. */
  readonly #users = new WeakMap<AudioContext, number>()
  #rateHz: number | undefined

  /** @param rateHz - of the audio graph; other rates than 16 kHz are resampled by the worklet. */
  constructor(rateHz: number = SAMPLE_RATE) {
    this.#rateHz = rateHz
  }

  warm(): void {
    // Told when somebody records; until then another try may do.
    this.context().catch(ignore)
  }

  open(label: string, sink: CaptureSink): Capture {
    return new BrowserCapture(this, label, sink)
  }

  /** One graph for all recordings: making one takes longer than opening the device. */
  context(): Promise<AudioContext> {
    this.#context ??= makeContext(this.#rateHz).catch((cause: unknown) => {
      this.#context = null
      throw cause
    })
    return this.#context
  }

  /** For browsers that connect a microphone only to a graph of its own rate. */
  atNativeRate(): Promise<AudioContext> {
    this.#rateHz = undefined
    this.#context?.then((context) => context.close()).catch(ignore)
    this.#context = null
    return this.context()
  }

  /** Runs the graph until all who asked for it have called `rest`. */
  run(context: AudioContext): Promise<void> {
    this.#users.set(context, this.#usersOf(context) + 1)
    return context.resume()
  }

  /** Running, it would hold the output device and keep a core awake for nothing. */
  rest(context: AudioContext): void {
    const users = this.#usersOf(context) - 1
    this.#users.set(context, users)
    if (users === 0) context.suspend().catch(ignore)
  }

  #usersOf(context: AudioContext): number {
    return this.#users.get(context) ?? 0
  }

  async devices(): Promise<readonly MicrophoneDevice[]> {
    // Absent where a page came over plain HTTP from another machine.
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? []
    // Chromium lists the system's choices once more under these names.
    const isAlias = (id: string) => id === 'default' || id === 'communications'
    return all
      .filter(({ kind, deviceId }) => kind === 'audioinput' && !isAlias(deviceId))
      .map(({ deviceId, label }) => ({ id: deviceId, label }))
  }

  onDevices(listener: () => void): () => void {
    navigator.mediaDevices?.addEventListener('devicechange', listener)
    return () => navigator.mediaDevices?.removeEventListener('devicechange', listener)
  }

  /** Opens the device of this name, or the system's choice where it is not there. */
  async stream(label: string): Promise<MediaStream> {
    if (!navigator.mediaDevices) throw new DOMException('no secure context', 'SecurityError')
    const named = label === '' ? undefined : await this.#find(label)
    const choice = named ? { deviceId: { exact: named.id } } : {}
    return navigator.mediaDevices.getUserMedia({ audio: { ...PROCESSING, ...choice } })
  }

  async #find(label: string): Promise<MicrophoneDevice | undefined> {
    return (await this.devices()).find((device) => device.label === label)
  }
}

async function makeContext(rateHz: number | undefined): Promise<AudioContext> {
  // With the usual output, though nothing is played: the graph that has none is driven by a timer,
  // which on a busy machine falls behind and loses samples.
  const options = { latencyHint: 'interactive' } as const
  const context = new AudioContext(rateHz ? { ...options, sampleRate: rateHz } : options)
  await context.audioWorklet.addModule(workletUrl)
  // Where pages may play without a click it has begun to run, and would keep the output open.
  await context.suspend()
  return context
}

class BrowserCapture implements Capture {
  readonly #microphone: BrowserMicrophone
  readonly #sink: CaptureSink
  readonly #stopWatching: () => void
  readonly #started: Promise<void>
  #context: AudioContext | null = null
  /** The graph that runs for this one, and that it does. */
  #running: AudioContext | null = null
  #starting = Promise.resolve()
  #node: AudioWorkletNode | null = null
  #source: MediaStreamAudioSourceNode | null = null
  #track: MediaStreamTrack | null = null
  #label: string
  #isOver = false
  /** The device is gone, or another one was chosen. */
  #needsDevice = false
  /** One after the other: the last choice is the one that counts. */
  #search = Promise.resolve()
  #onFinished: () => void = () => {}
  #messages = 0

  constructor(microphone: BrowserMicrophone, label: string, sink: CaptureSink) {
    this.#microphone = microphone
    this.#sink = sink
    this.#label = label
    this.#stopWatching = microphone.onDevices(() => {
      if (this.#needsDevice) this.#reopen()
    })
    this.#started = this.#start().catch((cause: unknown) => this.#fail(cause))
  }

  use(label: string): void {
    this.#label = label
    this.#needsDevice = true
    void this.#started.then(() => this.#reopen())
  }

  async finish(tailMs: number): Promise<void> {
    await this.#started
    if (this.#node && !this.#isOver) {
      const message: ToWorklet = { finishAfterMs: tailMs }
      this.#node.port.postMessage(message)
      await this.#lastWord(tailMs)
    }
    this.release()
  }

  /** Until the audio thread says that it was all, or says nothing any more. */
  #lastWord(tailMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onFinished = resolve
      let known = 0
      let quiet = 0
      const look = () => {
        quiet = this.#messages === known ? quiet + 1 : 0
        known = this.#messages
        const isAsleep = this.#context?.state !== 'running'
        if (quiet >= (isAsleep ? 1 : PATIENT_LOOKS)) resolve()
        else if (!this.#isOver) setTimeout(look, LOOK_MS)
      }
      setTimeout(look, tailMs)
    })
  }

  release(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onFinished()
    this.#stopWatching()
    this.#disconnect()
    this.#node?.disconnect()
    this.#node?.port.close()
    this.#context?.removeEventListener('statechange', this.#keepRunning)
    // Not while it is being started: Chromium would call it running ever after, and nothing would
    // be heard.
    const context = this.#running
    if (context) void this.#starting.then(() => this.#microphone.rest(context))
  }

  async #start(): Promise<void> {
    // Both at once: the person waits for the slower one alone.
    const stream = this.#microphone.stream(this.#label)
    stream.catch(ignore) // a refusal may come before the graph; it is told below
    const context = this.#microphone.context()
    try {
      this.#context = await context
    } catch (cause) {
      // A device must not stay open for a graph that there is not.
      stream.then(close, ignore)
      throw micError('MIC_FAILED', String(cause))
    }
    // Begun early, since it takes a while; whether it worked is seen below.
    this.#keepAwake(this.#context)
    await this.#attachFirst(await stream)
    await this.#run()
  }

  async #attachFirst(stream: MediaStream): Promise<void> {
    try {
      this.#attach(stream)
    } catch (cause) {
      if (!(cause instanceof DOMException) || cause.name !== 'NotSupportedError') throw cause
      this.#node = null
      // It goes on: only the graph was the wrong one.
      this.#track = null
      this.#context = await this.#microphone.atNativeRate()
      this.#keepAwake(this.#context)
      this.#attach(stream)
    }
  }

  #keepAwake(context: AudioContext): void {
    if (this.#isOver) return
    this.#running = context
    this.#starting = this.#microphone.run(context).catch(ignore)
  }

  #attach(stream: MediaStream): void {
    if (this.#isOver || !this.#context) {
      close(stream)
      return
    }
    this.#disconnect()
    this.#track = stream.getAudioTracks()[0] ?? null
    this.#node ??= this.#makeNode(this.#context)
    this.#source = this.#context.createMediaStreamSource(stream)
    this.#source.connect(this.#node)
    this.#track?.addEventListener('ended', this.#lose)
  }

  #makeNode(context: AudioContext): AudioWorkletNode {
    const node = new AudioWorkletNode(context, CAPTURE_PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    })
    node.port.onmessage = ({ data }: MessageEvent<FromWorklet>) => this.#hear(data)
    node.onprocessorerror = () => this.#fail(micError('MIC_FAILED', 'the audio thread failed'))
    return node
  }

  #hear(message: FromWorklet): void {
    if (this.#isOver) return
    this.#messages += 1
    if (typeof message === 'number') this.#sink.peak(message)
    else if (message instanceof ArrayBuffer) this.#sink.pcm(message)
    else if (message === 'finished') this.#onFinished()
    else this.#sink.tell({ kind: message })
  }

  async #run(): Promise<void> {
    const context = this.#context
    if (this.#isOver || context === null) return
    context.addEventListener('statechange', this.#keepRunning)
    // Without a click in the page some browsers leave this promise open for ever.
    const late = new Promise<'late'>((resolve) => setTimeout(resolve, RESUME_MS, 'late'))
    const outcome = await Promise.race([context.resume(), late])
    if (outcome === 'late' && context.state !== 'running') throw micError('MIC_BLOCKED')
  }

  /** A telephone call or a sleeping laptop stops the graph; recording goes on after it. */
  readonly #keepRunning = (): void => {
    if (!this.#isOver && this.#context?.state !== 'running') this.#context?.resume().catch(ignore)
  }

  readonly #lose = (): void => {
    if (this.#isOver) return
    this.#needsDevice = true
    this.#disconnect()
    this.#sink.tell({ kind: 'lost' })
    this.#reopen()
  }

  /** Goes on with the chosen device; without any, the next one that is plugged in is tried. */
  #reopen(): void {
    this.#search = this.#search.then(() => this.#find())
  }

  async #find(): Promise<void> {
    if (this.#isOver || !this.#needsDevice) return
    try {
      const label = this.#label
      this.#attach(await this.#microphone.stream(label))
      // Another one may have been chosen meanwhile: then its turn is next.
      this.#needsDevice = label !== this.#label
      this.#tellRestored()
    } catch (cause) {
      this.#judge(cause)
    }
  }

  #tellRestored(): void {
    if (this.#isOver) return
    this.#sink.tell({ kind: 'restored', label: this.#track?.label ?? '' })
  }

  /** A refusal is for good; a device that is away or taken may come back. */
  #judge(cause: unknown): void {
    const error = fromMediaError(cause)
    if (error.kind === 'MIC_DENIED') this.#fail(error)
  }

  #disconnect(): void {
    this.#source?.disconnect()
    this.#track?.removeEventListener('ended', this.#lose)
    this.#track?.stop()
    this.#source = null
    this.#track = null
  }

  /** The graph stays, so that what it still holds comes out by `finish`. */
  #fail(cause: unknown): void {
    if (this.#isOver) return
    this.#needsDevice = false
    this.#disconnect()
    const isNamed = typeof cause === 'object' && cause !== null && 'kind' in cause
    this.#sink.tell({
      kind: 'failed',
      error: isNamed ? (cause as ReturnType<typeof micError>) : fromMediaError(cause),
    })
  }
}

function ignore(): void {}

function close(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
