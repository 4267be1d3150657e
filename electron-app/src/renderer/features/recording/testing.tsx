// For tests: a host and a microphone that do what a test tells them, at the two edges of the page.

import { act } from '@testing-library/react'
import type { ReactNode } from 'react'
import { makeApi } from '../../../shared/api'
import type {
  AppError,
  Bridge,
  DictationEvent,
  DictationId,
  HostInfo,
  Invocation,
  Invocations,
  Push,
  Pushes,
} from '../../../shared/ipc'
import type { Preferences } from '../../../shared/protocol'
import type { CaptureSink, MicEvent, Microphone, MicrophoneDevice } from '../../audio/microphone'
import { AppContext, makeApp } from '../../store'
import { RecordingProvider } from './recording-context'

export const PREFERENCES: Preferences = {
  engine: '',
  language: 'en',
  hotwords: [],
  mode: 'live',
  activation: 'toggle',
  hotkey: 'CommandOrControl+Shift+Space',
  microphone: '',
  tail_ms: 200,
  insertion: 'paste',
  restore_clipboard: true,
  polish: false,
  polish_min_chars: 20,
  llm_url: '',
  llm_model: '',
  keep_history: true,
  keep_audio_days: 30,
  theme: 'system',
  ui_language: 'en',
  sounds: false,
  onboarded: true,
}

export const INFO: HostInfo = {
  host: 'electron',
  version: '0.0.0',
  platform: 'linux',
  can: { paste: true, hotkey: true, hold: true, secrets: 'session', pickFolder: true },
}

type Answers = { [C in Invocation]?: (...args: Parameters<Invocations[C]>) => unknown }
type Call = readonly [channel: Invocation, ...args: readonly unknown[]]

export class ScriptedHost implements Bridge {
  readonly calls: Call[] = []
  readonly pushed: { readonly dictation: DictationId; readonly pcm: ArrayBuffer }[] = []
  readonly #listeners = new Map<Push, Set<(payload: never) => void>>()
  #lastDictation = 40
  answers: Answers = {
    'sidecar:status': () => ({ state: 'ready' }),
    'config:get': () => PREFERENCES,
    'private:get': () => false,
    'dictation:open': () => ++this.#lastDictation,
    'text:insert': () => ({ kind: 'pasted', clipboardRestored: true }),
    'text:copy': () => ({ kind: 'copied', why: 'asked' }),
  }

  async invoke<C extends Invocation>(
    channel: C,
    ...args: Parameters<Invocations[C]>
  ): Promise<ReturnType<Invocations[C]>> {
    this.calls.push([channel, ...args])
    return (await this.answers[channel]?.(...args)) as ReturnType<Invocations[C]>
  }

  on<P extends Push>(channel: P, listener: (payload: Pushes[P]) => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  push(dictation: DictationId, pcm: ArrayBuffer): void {
    this.pushed.push({ dictation, pcm })
  }

  /** What the host tells every page. */
  async tell<P extends Push>(channel: P, payload: Pushes[P]): Promise<void> {
    await act(async () => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(payload as never)
    })
  }

  async events(dictation: DictationId, ...events: readonly DictationEvent[]): Promise<void> {
    for (const event of events) await this.tell('dictation', { dictation, event })
  }

  /** The calls about dictations and texts, in order. */
  get told(): readonly Call[] {
    return this.calls.filter(([channel]) => /^(dictation|text):/.test(channel))
  }
}

/** A microphone of which the test decides what it hears. */
export class ScriptedMicrophone implements Microphone {
  readonly log: string[] = []
  known: readonly MicrophoneDevice[] = [{ id: 'a', label: 'Desk' }]
  #sink: CaptureSink | null = null
  #onFinished: (() => void) | null = null

  warm(): void {}

  open(label: string, sink: CaptureSink) {
    this.log.push(`open ${label}`)
    this.#sink = sink
    return {
      use: (other: string) => void this.log.push(`use ${other}`),
      finish: (tailMs: number) => {
        this.log.push(`finish ${tailMs}`)
        return new Promise<void>((resolve) => {
          this.#onFinished = resolve
        })
      },
      release: () => {
        this.log.push('release')
        this.#sink = null
      },
    }
  }

  async devices() {
    return this.known
  }

  onDevices(): () => void {
    return () => {}
  }

  async tell(event: MicEvent): Promise<void> {
    await act(async () => this.#sink?.tell(event))
  }

  /** As loud as that. */
  async peak(value: number): Promise<void> {
    await act(async () => this.#sink?.peak(value))
  }

  /** Hears so many chunks of 100 ms. */
  async hear(chunks: number): Promise<void> {
    await act(async () => {
      for (let i = 0; i < chunks; i++) this.#sink?.pcm(new ArrayBuffer(3200))
    })
  }

  /** The tail is over. */
  async finished(): Promise<void> {
    await act(async () => this.#onFinished?.())
  }
}

export function setUp({ startsByHotkey = true, canPaste = true } = {}) {
  const host = new ScriptedHost()
  host.answers['host:info'] = () => ({ ...INFO, can: { ...INFO.can, paste: canPaste } })
  const microphone = new ScriptedMicrophone()
  const chimes: string[] = []
  const app = makeApp(makeApi(host))
  const wrapper = ({ children }: { children: ReactNode }) => (
    <AppContext value={app}>
      <RecordingProvider
        microphone={microphone}
        startsByHotkey={startsByHotkey}
        chime={(edge) => void chimes.push(edge)}
      >
        {children}
      </RecordingProvider>
    </AppContext>
  )
  return { host, microphone, chimes, wrapper }
}

export const DOWN: AppError = { kind: 'SIDECAR_DOWN', message: 'It is away.', retryable: true }

/** A promise that a test keeps or breaks. */
export function later<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
