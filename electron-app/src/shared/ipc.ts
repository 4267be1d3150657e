// What a page may ask of its host, and what the host tells it: Electron's main process and the
// web host serve the same channels, through a bridge each.

import type {
  EngineInfo,
  EngineState,
  EntryId,
  ErrorKind,
  HistoryEntry,
  HistoryGetResult,
  HistoryListParams,
  HistoryListResult,
  HistoryUpdateParams,
  KeptRecording,
  ModelInfo,
  ModelProgressEvent,
  Preferences,
  PreferencesPatch,
  ProgressEvent,
} from './protocol'

/** Kinds of errors that begin on this side of the wire. */
export type HostErrorKind =
  | 'SIDECAR_DOWN'
  | 'NO_DICTATION'
  | 'HOTKEY_TAKEN'
  | 'SECRETS_UNAVAILABLE'
  | 'CLIPBOARD_FAILED'
  | 'NOT_SUPPORTED'
  | 'BAD_ARGUMENTS'

/** Why a call failed. Translate by `kind`; `message` is English, for logs and unknown kinds. */
export interface AppError {
  readonly kind: ErrorKind | HostErrorKind
  readonly message: string
  readonly retryable: boolean
  readonly detail?: string
}

/** What the host can do; the web host has no cursor to insert at and no global hotkey. */
export interface HostInfo {
  readonly host: 'electron' | 'web'
  readonly version: string
  readonly platform: string
  readonly can: {
    readonly paste: boolean
    readonly hotkey: boolean
    /** The release of the global hotkey is told, too: it can be held while speaking. */
    readonly hold: boolean
    readonly secrets: 'encrypted' | 'session'
    readonly pickFolder: boolean
  }
}

/** Where the sidecar is in its life. `restarting` counts attempts; `failed` waits for a person. */
export type SidecarStatus =
  | { readonly state: 'starting' | 'ready' | 'unresponsive' | 'stopping' | 'stopped' }
  | { readonly state: 'restarting'; readonly attempt: number; readonly retryInMs: number }
  | { readonly state: 'failed'; readonly error: AppError }

export interface EngineStatus {
  readonly defaultEngine: string
  readonly engines: readonly EngineInfo[]
}

/** Names a dictation between page and host. */
export type DictationId = number

export interface DictationOptions {
  /** Neither history nor journal keeps anything of it. */
  readonly isPrivate: boolean
}

/** What became of the text. `pasted` only where the keystroke was sent. */
export type Receipt =
  | { readonly kind: 'pasted'; readonly clipboardRestored: boolean }
  /** The text is on the clipboard. `detail` says in English what hindered the keystroke. */
  | {
      readonly kind: 'copied'
      readonly why: 'asked' | 'no-paste-tool' | 'not-permitted' | 'paste-failed' | 'own-window'
      readonly detail?: string
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: AppError }

/** What happens to a dictation, in order; `ended` comes exactly once, and last. */
export type DictationEvent =
  | { readonly kind: 'opened' }
  | { readonly kind: 'speech'; readonly edge: 'start' | 'end' }
  | { readonly kind: 'commit'; readonly text: string; readonly offset: number }
  | { readonly kind: 'partial'; readonly text: string }
  | { readonly kind: 'lag'; readonly lagMs: number }
  /** The sidecar is away; what is said meanwhile is kept and sent later. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'resumed'; readonly text: string }
  | { readonly kind: 'trouble'; readonly error: AppError }
  | { readonly kind: 'transcribing' }
  /** All that was said; polishing, insertion and history follow. */
  | { readonly kind: 'final'; readonly text: string; readonly notices: readonly string[] }
  /** That text lacks what an engine failed on. Its recording stays, unless it is private. */
  | { readonly kind: 'incomplete' }
  /** `text` is what the model has written so far: whether it is trusted is known at its end. */
  | { readonly kind: 'polishing'; readonly text: string }
  | { readonly kind: 'polished'; readonly text: string }
  /** Polishing failed or was not trusted: the raw text is used. */
  | { readonly kind: 'unpolished'; readonly error: AppError }
  | { readonly kind: 'inserted'; readonly receipt: Receipt }
  | { readonly kind: 'saved'; readonly entry: EntryId }
  | { readonly kind: 'unsaved'; readonly error: AppError }
  | { readonly kind: 'ended'; readonly outcome: 'done' | 'cancelled' | 'nothing-said' | 'failed' }

/** Names work that takes long, on a recording or on an entry. */
export type WorkKey = `recording:${string}` | `entry:${EntryId}`

export const workOn = {
  recording: (recording: string): WorkKey => `recording:${recording}`,
  entry: (entry: EntryId): WorkKey => `entry:${entry}`,
} as const

export type ExportFormat = 'txt' | 'json' | 'srt' | 'vtt'

/** One channel for each use case. Arguments are checked by the host before anything acts. */
export interface Invocations {
  'host:info': () => HostInfo
  'sidecar:status': () => SidecarStatus
  'sidecar:restart': () => undefined
  /** For a bug report: states, versions and log lines, without texts, keys or paths. */
  'sidecar:report': () => string
  'engines:list': () => EngineStatus

  /** Begin. Audio may be pushed at once: what comes before the sidecar is ready is kept. */
  'dictation:open': (options: DictationOptions) => DictationId
  /** All audio was pushed: make it text. What follows is told by events. */
  'dictation:stop': (dictation: DictationId) => undefined
  /** Throw it away; with `keep` its audio stays among the interrupted recordings. */
  'dictation:cancel': (dictation: DictationId, keep: boolean) => undefined
  /** Do not wait for the polish that runs: use the raw text now. */
  'dictation:skip-polish': (dictation: DictationId) => undefined
  /** Insert a text as dictations are, say the raw one in place of the polished. */
  'text:insert': (text: string) => Receipt
  'text:copy': (text: string) => Receipt

  'recordings:list': () => readonly KeptRecording[]
  /** Transcribe an interrupted recording into the history. */
  'recordings:recover': (recording: string) => HistoryEntry
  'recordings:discard': (recording: string) => undefined

  'history:list': (params: HistoryListParams) => HistoryListResult
  'history:get': (entry: EntryId) => HistoryGetResult
  'history:update': (params: HistoryUpdateParams) => HistoryEntry
  'history:delete': (entries: readonly EntryId[], forGood: boolean) => number
  /** The audio of an entry, a whole WAV file. */
  'history:audio': (entry: EntryId) => Uint8Array
  'history:retranscribe': (entry: EntryId, engine: string | null) => HistoryEntry
  /** Stop what recovers a recording or hears an entry again; then its call rejects: CANCELLED. */
  'work:stop': (work: WorkKey) => undefined
  'history:export': (entries: readonly EntryId[], format: ExportFormat) => string

  'models:list': () => readonly ModelInfo[]
  'models:install': (model: string, source: string | null) => ModelInfo
  /** Its name is known at the end: until then its progress goes by `path`. */
  'models:import': (path: string) => ModelInfo
  'models:verify': (model: string) => ModelInfo
  'models:remove': (model: string) => number
  /** Stop what installs, imports or verifies it; what came stays. Pausing is this, too. */
  'models:stop': (modelOrPath: string) => undefined
  /** A folder that a person picks; null where they think better of it. */
  'models:pick-folder': () => string | null
  /** How quick a model is here: processing time / audio time, from what was heard so far. */
  'models:speeds': () => Readonly<Record<string, number>>

  'config:get': () => Preferences
  'config:set': (changes: PreferencesPatch) => Preferences
  /** Whether there is a key for the language model; the key itself never comes back. */
  'secrets:has-key': () => boolean
  /** Keep the key; an empty one forgets it. Says where it is kept. */
  'secrets:set-key': (key: string) => 'encrypted' | 'session'
  /** Clean a sentence, to see that address, model and key work. */
  'llm:try': (url: string, model: string) => string

  /** Whether it can be had, and is no other program's. */
  'hotkey:try': (accelerator: string) => boolean
  /** While a person presses a new one, the old one does nothing. */
  'hotkey:pause': (paused: boolean) => undefined
  /** False where another program has the one that is chosen, or the system gives none. */
  'hotkey:works': () => boolean
  /** In private mode no dictation leaves anything. It ends with the app. */
  'private:get': () => boolean
  'private:set': (on: boolean) => undefined
  'window:show': (surface: Surface) => undefined
  'window:hide-pill': () => undefined
}

export type Surface = 'record' | 'history' | 'models' | 'settings' | 'welcome'

/** What the host tells every page. */
export interface Pushes {
  /** What the host can do has changed. */
  'host:info': HostInfo
  'sidecar:status': SidecarStatus
  'engine:state': { readonly engine: string; readonly state: EngineState }
  dictation: { readonly dictation: DictationId; readonly event: DictationEvent }
  'history:changed': undefined
  'work:progress': { readonly work: WorkKey; readonly progress: ProgressEvent }
  'config:changed': Preferences
  'models:progress': { readonly model: string; readonly progress: ModelProgressEvent }
  'private:changed': boolean
  'hotkey:pressed': undefined
  /** Only where `can.hold`. */
  'hotkey:released': undefined
  'hotkey:works': boolean
  'surface:show': Surface
}

export type Invocation = keyof Invocations
export type Push = keyof Pushes

/** How a page reaches its host. `invoke` rejects with an AppError. */
export interface Bridge {
  invoke<C extends Invocation>(
    channel: C,
    ...args: Parameters<Invocations[C]>
  ): Promise<ReturnType<Invocations[C]>>
  /** Returns what ends it. */
  on<P extends Push>(channel: P, listener: (payload: Pushes[P]) => void): () => void
  /** The next chunk of a dictation: mono PCM at 16 kHz, 16 bits, little endian, 20 to 500 ms. */
  push(dictation: DictationId, pcm: ArrayBuffer): void
}
