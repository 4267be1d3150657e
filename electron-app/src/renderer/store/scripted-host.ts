// For tests: a host that answers by script and tells what a test wants told.

import { configure } from '@testing-library/react'
import { vi } from 'vitest'
import { makeApi, type SottoApi } from '../../shared/api'
import type { AppError, Bridge, Invocation, Invocations, Push, Pushes } from '../../shared/ipc'
import type { HistoryEntry, ModelInfo, Preferences } from '../../shared/protocol'

// A machine that is busy with other tests takes its time.
configure({ asyncUtilTimeout: 20_000 })
vi.setConfig({ testTimeout: 60_000 })

type Awaitable<T> = T | Promise<T>
export type Answers = {
  [C in Invocation]?: (...args: Parameters<Invocations[C]>) => Awaitable<ReturnType<Invocations[C]>>
}

export interface ScriptedHost {
  readonly api: SottoApi
  /** What was asked, in order: channel and arguments. */
  readonly calls: readonly (readonly unknown[])[]
  /** Answers from now on; others stay. */
  answer(answers: Answers): void
  tell<P extends Push>(channel: P, payload: Pushes[P]): void
}

export function failure(kind: AppError['kind'], retryable = true): AppError {
  return { kind, message: `${kind} happened.`, retryable }
}

/** What has no answer is rejected with NOT_SUPPORTED. */
export function scriptedHost(first: Answers = {}): ScriptedHost {
  let answers: Answers = first
  const calls: unknown[][] = []
  const listeners = new Map<string, Set<(payload: unknown) => void>>()
  const bridge: Bridge = {
    async invoke(channel, ...args) {
      calls.push([channel, ...args])
      const respond = answers[channel]
      if (respond === undefined) throw failure('NOT_SUPPORTED', false)
      return respond(...args)
    },
    on(channel, listener) {
      const all = listeners.get(channel) ?? new Set()
      listeners.set(channel, all.add(listener as (payload: unknown) => void))
      return () => all.delete(listener as (payload: unknown) => void)
    },
    push() {
      throw new Error('no test of a page without a recording pushes audio')
    },
  }
  return {
    api: makeApi(bridge),
    calls,
    answer(more) {
      answers = { ...answers, ...more }
    },
    tell(channel, payload) {
      for (const listener of listeners.get(channel) ?? []) listener(payload)
    },
  }
}

/** A promise, and how a test settles it. */
export function pending<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue
    reject = onReason
  })
  // Tests settle it when they like, also before anybody waits.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

export const PREFERENCES: Preferences = {
  engine: '',
  language: '',
  hotwords: [],
  mode: 'live',
  activation: 'toggle',
  hotkey: 'CommandOrControl+Shift+Space',
  microphone: '',
  tail_ms: 250,
  insertion: 'paste',
  restore_clipboard: true,
  polish: false,
  polish_min_chars: 12,
  llm_url: '',
  llm_model: '',
  keep_history: true,
  keep_audio_days: 30,
  theme: 'system',
  ui_language: 'en',
  sounds: true,
  onboarded: true,
}

export function entryOf(entry: number, text = `Text ${entry}.`): HistoryEntry {
  return {
    entry,
    created_ms: Date.UTC(2026, 0, 2, 12) + entry,
    text,
    engine: 'builtin',
    duration_ms: 4000,
    has_audio: true,
    starred: false,
    trashed: false,
  }
}

export function modelOf(model: string, state: ModelInfo['state']): ModelInfo {
  return {
    model,
    name: model,
    family: 'test',
    languages: ['en'],
    licence: 'MIT',
    streaming: true,
    state,
    download_bytes: 100,
    here_bytes: 0,
    installed_bytes: 200,
    ram_bytes: 300,
    sources: ['huggingface'],
  }
}
