// The messages of the protocol, its methods, events, errors and limits.
// Generated from ipc-schema/ by ipc-schema/codegen/generate.py. Do not edit.
//
// A guard checks everything the schema says about the fields it knows, and ignores others.
// Lengths of strings count code points, as in the sidecar.

export const PROTOCOL_VERSION = [1, 3] as const
export const SCHEMA_HASH = '219122234d3d8d443cb0de3d1344cbe934df2423af7bdb16df6439c61287f42b'

export const LIMITS = {
  /** Largest header frame a client may send. */
  max_header_bytes: 262144,
  /** Largest header frame the sidecar sends; about 13 hours of steady talk with word times. */
  max_reply_bytes: 8388608,
  /** Largest binary frame. Longer audio is uploaded in parts. */
  max_binary_bytes: 33554432,
  /** ZMQ_MAXMSGSIZE on both ends; a peer that sends more is disconnected. */
  max_frame_bytes: 34603008,
  /** Binary frames in one message. */
  max_binaries: 8,
  /** Nesting of maps and arrays in a header. */
  max_depth: 32,
  /** Elements in one array. */
  max_array_len: 65536,
  /** Entries in one map. */
  max_map_len: 256,
  /** UTF-8 bytes in one string. */
  max_str_bytes: 2097152,
  /** Clients that may be connected at once. */
  max_clients: 8,
  /** Unanswered requests of one client. */
  max_pending: 64,
  /** Binary bytes of one client that wait for an answer. */
  max_in_flight_bytes: 134217728,
  /** Uploads one client may have open. */
  max_uploads: 4,
  /** Size of one upload. */
  max_upload_bytes: 4294967296,
  /** Messages of one client per second, over time. */
  max_rate_per_s: 2000,
  /** Messages a client may send at once before the rate counts. */
  max_burst: 4000,
  /** Malformed messages in 10 s after which a client is dropped. */
  max_bad_frames: 20,
  /** Messages that wait for one client to read them. */
  outbox_messages: 256,
  /** Bytes that wait for one client to read them. */
  outbox_bytes: 16777216,
  /** A client that reads nothing for so long while messages wait is dropped. */
  outbox_stall_ms: 10000,
  /** How often a client should ping when it has nothing else to say. */
  heartbeat_ms: 2000,
  /** A client silent for so long is dropped. */
  silence_ms: 30000,
  /** Dictations one client may have open. */
  max_streams: 2,
  /** Chunks of a dictation that may be on their way unacknowledged. */
  stream_credit: 100,
  /** Longest chunk of a dictation. */
  max_chunk_ms: 500,
  /** How long a dictation waits for its client after the connection broke. */
  resume_ms: 10000,
  /** Events of a dictation that are kept to be told again after a broken connection. */
  event_ring: 256,
  /** Time a new client has to say hello. */
  hello_ms: 5000,
  /** Longest meta.tmo. */
  max_timeout_ms: 86400000,
} as const

type Guard = (value: unknown) => boolean

export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) && !ArrayBuffer.isView(value)
}

function isInteger(value: unknown, low: number, high: number): boolean {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high
}

function isText(value: unknown, low: number, high: number): boolean {
  if (typeof value !== 'string' || !value.isWellFormed()) return false
  let length = 0
  for (const _ of value) length += 1
  return length >= low && length <= high
}

function isMatch(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function isList(value: unknown, low: number, high: number, isItem: Guard): boolean {
  return Array.isArray(value) && value.length >= low && value.length <= high && value.every(isItem)
}

/** The upload's size, where the client knows it: refused at once if there is no room. */
export interface AudioOpenParams {
  readonly total_bytes?: number
}

export function isAudioOpenParams(value: unknown): value is AudioOpenParams {
  return (
    isMap(value) &&
    (value['total_bytes'] === undefined || isInteger(value['total_bytes'], 0, 9007199254740991))
  )
}

/** The upload's name within this connection, and the part size that travels best. */
export interface AudioOpenResult {
  readonly upload: number
  readonly part_bytes: number
}

export function isAudioOpenResult(value: unknown): value is AudioOpenResult {
  return (
    isMap(value) &&
    isInteger(value['upload'], 0, 4294967295) &&
    isInteger(value['part_bytes'], 1, 33554432)
  )
}

/** Stands for the binary frame of this index. Every frame is referred to exactly once. */
export interface Binary {
  readonly '$bin': number
}

export function isBinary(value: unknown): value is Binary {
  return (
    isMap(value) &&
    isInteger(value['$bin'], 0, 7)
  )
}

/** The next part; seq counts from 0. */
export interface AudioPutParams {
  readonly upload: number
  readonly seq: number
  readonly data: Binary
}

export function isAudioPutParams(value: unknown): value is AudioPutParams {
  return (
    isMap(value) &&
    isInteger(value['upload'], 0, 4294967295) &&
    isInteger(value['seq'], 0, 4294967295) &&
    isBinary(value['data'])
  )
}

/** Bytes of the upload that are on disk now. */
export interface AudioPutResult {
  readonly received_bytes: number
}

export function isAudioPutResult(value: unknown): value is AudioPutResult {
  return (
    isMap(value) &&
    isInteger(value['received_bytes'], 0, 9007199254740991)
  )
}

/** The upload to forget. */
export interface AudioDropParams {
  readonly upload: number
}

export function isAudioDropParams(value: unknown): value is AudioDropParams {
  return (
    isMap(value) &&
    isInteger(value['upload'], 0, 4294967295)
  )
}

/** Nothing. */
export type AudioDropResult = Readonly<Record<string, never>>

export function isAudioDropResult(value: unknown): value is AudioDropResult {
  return (
    isMap(value)
  )
}

/** Nothing. */
export type AudioFolderParams = Readonly<Record<string, never>>

export function isAudioFolderParams(value: unknown): value is AudioFolderParams {
  return (
    isMap(value)
  )
}

/** A private folder of this connection, which vanishes with it. path is absent where client and sidecar share no files. */
export interface AudioFolderResult {
  readonly path?: string
}

export function isAudioFolderResult(value: unknown): value is AudioFolderResult {
  return (
    isMap(value) &&
    (value['path'] === undefined || isText(value['path'], 1, 4096))
  )
}

/** The whole recording, in a binary frame of this message. */
export interface InlineAudio {
  readonly k: 'inline'
  readonly data: Binary
}

export function isInlineAudio(value: unknown): value is InlineAudio {
  return (
    isMap(value) &&
    value['k'] === 'inline' &&
    isBinary(value['data'])
  )
}

/** The whole recording, uploaded before with audio.open and audio.put. */
export interface UploadedAudio {
  readonly k: 'upload'
  readonly upload: number
}

export function isUploadedAudio(value: unknown): value is UploadedAudio {
  return (
    isMap(value) &&
    value['k'] === 'upload' &&
    isInteger(value['upload'], 0, 4294967295)
  )
}

/** The whole recording, a file that the client has left in the folder of audio.folder under a name of its choice. */
export interface FileAudio {
  readonly k: 'file'
  readonly name: string
}

export function isFileAudio(value: unknown): value is FileAudio {
  return (
    isMap(value) &&
    value['k'] === 'file' &&
    isMatch(value['name'], /^[0-9a-f]{32}$/)
  )
}

/** Where the recording is. Any container and codec that the sidecar decodes; it looks at the bytes, not at a name. */
export type AudioSource = InlineAudio | UploadedAudio | FileAudio

export function isAudioSource(value: unknown): value is AudioSource {
  return isInlineAudio(value) || isUploadedAudio(value) || isFileAudio(value)
}

/** The name an engine is registered under. */
export type EngineId = string

export function isEngineId(value: unknown): value is EngineId {
  return isMatch(value, /^[a-z0-9][a-z0-9._-]{0,63}$/)
}

/** What to transcribe, and how. */
export interface TranscribeParams {
  readonly audio: AudioSource
  /** Absent: the default engine. */
  readonly engine?: EngineId
  /** BCP 47 tag. Absent: the engine finds out. */
  readonly language?: string
  /** Words that are likely to be said. */
  readonly hotwords?: readonly string[]
  /** Send level events. */
  readonly levels?: boolean
  /** Have the installed aligner find word times where the engine gives none. Absent: yes. */
  readonly align?: boolean
}

export function isTranscribeParams(value: unknown): value is TranscribeParams {
  return (
    isMap(value) &&
    isAudioSource(value['audio']) &&
    (value['engine'] === undefined || isEngineId(value['engine'])) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    (value['hotwords'] === undefined || isList(value['hotwords'], 0, 256, (item) => isText(item, 1, 64))) &&
    (value['levels'] === undefined || typeof value['levels'] === 'boolean') &&
    (value['align'] === undefined || typeof value['align'] === 'boolean')
  )
}

/** One word, with its time in the recording. */
export interface Word {
  readonly text: string
  readonly start_ms: number
  readonly end_ms: number
  /** Absent where the engine gives none. */
  readonly confidence_permille?: number
}

export function isWord(value: unknown): value is Word {
  return (
    isMap(value) &&
    isText(value['text'], 1, 256) &&
    isInteger(value['start_ms'], 0, 4294967295) &&
    isInteger(value['end_ms'], 0, 4294967295) &&
    (value['confidence_permille'] === undefined || isInteger(value['confidence_permille'], 0, 1000))
  )
}

/** Text between two pauses. words is empty where neither the engine nor an aligner gives word times. */
export interface Segment {
  readonly start_ms: number
  readonly end_ms: number
  readonly text: string
  readonly words: readonly Word[]
  readonly language?: string
}

export function isSegment(value: unknown): value is Segment {
  return (
    isMap(value) &&
    isInteger(value['start_ms'], 0, 4294967295) &&
    isInteger(value['end_ms'], 0, 4294967295) &&
    isText(value['text'], 0, 65536) &&
    isList(value['words'], 0, 4096, (item) => isWord(item)) &&
    (value['language'] === undefined || isText(value['language'], 2, 35))
  )
}

/** Where the time went. decode_ms is the engine's share of total_ms. */
export interface Timings {
  readonly audio_ms: number
  readonly speech_ms: number
  readonly decode_ms: number
  readonly total_ms: number
}

export function isTimings(value: unknown): value is Timings {
  return (
    isMap(value) &&
    isInteger(value['audio_ms'], 0, 4294967295) &&
    isInteger(value['speech_ms'], 0, 4294967295) &&
    isInteger(value['decode_ms'], 0, 4294967295) &&
    isInteger(value['total_ms'], 0, 4294967295)
  )
}

/** The transcript. Silence gives an empty text and no segments. */
export interface TranscribeResult {
  readonly text: string
  readonly segments: readonly Segment[]
  readonly language?: string
  readonly engine: EngineId
  readonly timings: Timings
  /** Sentences a person should read. */
  readonly notices: readonly string[]
}

export function isTranscribeResult(value: unknown): value is TranscribeResult {
  return (
    isMap(value) &&
    isText(value['text'], 0, 2097152) &&
    isList(value['segments'], 0, 65536, (item) => isSegment(item)) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    isEngineId(value['engine']) &&
    isTimings(value['timings']) &&
    isList(value['notices'], 0, 16, (item) => isText(item, 0, 512))
  )
}

/** done of total milliseconds of audio; total is absent while unknown. */
export interface ProgressEvent {
  readonly t: 'progress'
  readonly phase: 'queued' | 'loading' | 'transcribing'
  readonly done_ms: number
  readonly total_ms?: number
}

export function isProgressEvent(value: unknown): value is ProgressEvent {
  return (
    isMap(value) &&
    value['t'] === 'progress' &&
    (value['phase'] === 'queued' || value['phase'] === 'loading' || value['phase'] === 'transcribing') &&
    isInteger(value['done_ms'], 0, 4294967295) &&
    (value['total_ms'] === undefined || isInteger(value['total_ms'], 0, 4294967295))
  )
}

/** One value per bin of bin_ms, from start_ms on: peak and RMS relative to full scale, and the chance of speech. */
export interface LevelEvent {
  readonly t: 'level'
  readonly start_ms: number
  readonly bin_ms: number
  readonly peak_permille: readonly number[]
  readonly rms_permille: readonly number[]
  readonly speech_permille: readonly number[]
}

export function isLevelEvent(value: unknown): value is LevelEvent {
  return (
    isMap(value) &&
    value['t'] === 'level' &&
    isInteger(value['start_ms'], 0, 4294967295) &&
    isInteger(value['bin_ms'], 1, 10000) &&
    isList(value['peak_permille'], 0, 1024, (item) => isInteger(item, 0, 1000)) &&
    isList(value['rms_permille'], 0, 1024, (item) => isInteger(item, 0, 1000)) &&
    isList(value['speech_permille'], 0, 1024, (item) => isInteger(item, 0, 1000))
  )
}

/** A segment that is final. */
export interface SegmentEvent {
  readonly t: 'segment'
  readonly segment: Segment
}

export function isSegmentEvent(value: unknown): value is SegmentEvent {
  return (
    isMap(value) &&
    value['t'] === 'segment' &&
    isSegment(value['segment'])
  )
}

/** at_ms counts from the start of the dictation, as all its times do. */
export interface SpeechEvent {
  readonly t: 'speech'
  readonly edge: 'start' | 'end'
  readonly at_ms: number
}

export function isSpeechEvent(value: unknown): value is SpeechEvent {
  return (
    isMap(value) &&
    value['t'] === 'speech' &&
    (value['edge'] === 'start' || value['edge'] === 'end') &&
    isInteger(value['at_ms'], 0, 4294967295)
  )
}

/** The text follows what is committed; the first stable_chars of it are likely to stay. */
export interface PartialEvent {
  readonly t: 'partial'
  readonly segment: number
  readonly revision: number
  readonly text: string
  readonly stable_chars: number
}

export function isPartialEvent(value: unknown): value is PartialEvent {
  return (
    isMap(value) &&
    value['t'] === 'partial' &&
    isInteger(value['segment'], 0, 4294967295) &&
    isInteger(value['revision'], 0, 4294967295) &&
    isText(value['text'], 0, 65536) &&
    isInteger(value['stable_chars'], 0, 4294967295)
  )
}

/** offset is the length, in code points, of the text before it. */
export interface CommitEvent {
  readonly t: 'commit'
  readonly segment: number
  readonly offset: number
  readonly text: string
  readonly start_ms: number
  readonly end_ms: number
  readonly words: readonly Word[]
}

export function isCommitEvent(value: unknown): value is CommitEvent {
  return (
    isMap(value) &&
    value['t'] === 'commit' &&
    isInteger(value['segment'], 0, 4294967295) &&
    isInteger(value['offset'], 0, 4294967295) &&
    isText(value['text'], 1, 65536) &&
    isInteger(value['start_ms'], 0, 4294967295) &&
    isInteger(value['end_ms'], 0, 4294967295) &&
    isList(value['words'], 0, 4096, (item) => isWord(item))
  )
}

/** text is empty where nothing was said. */
export interface SegmentFinalEvent {
  readonly t: 'segment_final'
  readonly segment: number
  readonly text: string
  readonly start_ms: number
  readonly end_ms: number
  readonly trigger: 'pause' | 'length' | 'flush' | 'close'
}

export function isSegmentFinalEvent(value: unknown): value is SegmentFinalEvent {
  return (
    isMap(value) &&
    value['t'] === 'segment_final' &&
    isInteger(value['segment'], 0, 4294967295) &&
    isText(value['text'], 0, 65536) &&
    isInteger(value['start_ms'], 0, 4294967295) &&
    isInteger(value['end_ms'], 0, 4294967295) &&
    (value['trigger'] === 'pause' || value['trigger'] === 'length' || value['trigger'] === 'flush' || value['trigger'] === 'close')
  )
}

/** The seq that asr.stream.flush was given. */
export interface FlushedEvent {
  readonly t: 'flushed'
  readonly seq: number
}

export function isFlushedEvent(value: unknown): value is FlushedEvent {
  return (
    isMap(value) &&
    value['t'] === 'flushed' &&
    isInteger(value['seq'], 0, 4294967295)
  )
}

/** lag_ms is audio received and not decided on; interval_ms is the new audio between two partials. */
export interface StatusEvent {
  readonly t: 'status'
  readonly state: 'loading' | 'listening' | 'speech' | 'trailing' | 'recovering' | 'behind' | 'draining'
  readonly lag_ms: number
  readonly rtf_permille: number
  readonly interval_ms: number
}

export function isStatusEvent(value: unknown): value is StatusEvent {
  return (
    isMap(value) &&
    value['t'] === 'status' &&
    (value['state'] === 'loading' || value['state'] === 'listening' || value['state'] === 'speech' || value['state'] === 'trailing' || value['state'] === 'recovering' || value['state'] === 'behind' || value['state'] === 'draining') &&
    isInteger(value['lag_ms'], 0, 4294967295) &&
    isInteger(value['rtf_permille'], 0, 4294967295) &&
    isInteger(value['interval_ms'], 0, 4294967295)
  )
}

/** kind and message are those of an error. */
export interface ErrorEvent {
  readonly t: 'error'
  readonly kind: string
  readonly message: string
  readonly recoverable: boolean
  readonly detail?: string
}

export function isErrorEvent(value: unknown): value is ErrorEvent {
  return (
    isMap(value) &&
    value['t'] === 'error' &&
    isText(value['kind'], 1, 32) &&
    isText(value['message'], 0, 1024) &&
    typeof value['recoverable'] === 'boolean' &&
    (value['detail'] === undefined || isText(value['detail'], 0, 256))
  )
}

/** The end of a dictation. asr.stream.close answers with the same. */
export interface FinalEvent {
  readonly t: 'final'
  readonly text: string
  readonly language?: string
  readonly engine: EngineId
  readonly timings: Timings
  /** As meant, broken off, or after an error that could not be overcome. */
  readonly reason: 'close' | 'abort' | 'error'
  /** All that was accepted was recognised. */
  readonly complete: boolean
  /** The name of its audio in the journal, where that is kept. */
  readonly recording?: string
  /** Sentences a person should read. */
  readonly notices: readonly string[]
}

export function isFinalEvent(value: unknown): value is FinalEvent {
  return (
    isMap(value) &&
    value['t'] === 'final' &&
    isText(value['text'], 0, 2097152) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    isEngineId(value['engine']) &&
    isTimings(value['timings']) &&
    (value['reason'] === 'close' || value['reason'] === 'abort' || value['reason'] === 'error') &&
    typeof value['complete'] === 'boolean' &&
    (value['recording'] === undefined || isMatch(value['recording'], /^[0-9a-f]{32}$/)) &&
    isList(value['notices'], 0, 16, (item) => isText(item, 0, 512))
  )
}

/** done of total bytes of this phase; while it converts, of a total that only gives the share. What is not known is absent. */
export interface ModelProgressEvent {
  readonly t: 'model_progress'
  readonly phase: 'listing' | 'downloading' | 'copying' | 'checking' | 'converting'
  readonly done: number
  readonly total?: number
  readonly bytes_per_s?: number
  /** How long the phase will take at this pace. */
  readonly left_ms?: number
}

export function isModelProgressEvent(value: unknown): value is ModelProgressEvent {
  return (
    isMap(value) &&
    value['t'] === 'model_progress' &&
    (value['phase'] === 'listing' || value['phase'] === 'downloading' || value['phase'] === 'copying' || value['phase'] === 'checking' || value['phase'] === 'converting') &&
    isInteger(value['done'], 0, 9007199254740991) &&
    (value['total'] === undefined || isInteger(value['total'], 0, 9007199254740991)) &&
    (value['bytes_per_s'] === undefined || isInteger(value['bytes_per_s'], 0, 9007199254740991)) &&
    (value['left_ms'] === undefined || isInteger(value['left_ms'], 0, 4294967295))
  )
}

/** More of the text that is being written; not guarded yet. */
export interface DeltaEvent {
  readonly t: 'delta'
  readonly text: string
}

export function isDeltaEvent(value: unknown): value is DeltaEvent {
  return (
    isMap(value) &&
    value['t'] === 'delta' &&
    isText(value['text'], 0, 131072)
  )
}

/** What can happen within a request or a dictation, told apart by t. */
export type Event = ProgressEvent | LevelEvent | SegmentEvent | SpeechEvent | PartialEvent | CommitEvent | SegmentFinalEvent | FlushedEvent | StatusEvent | ErrorEvent | FinalEvent | ModelProgressEvent | DeltaEvent

export function isEvent(value: unknown): value is Event {
  return isProgressEvent(value) || isLevelEvent(value) || isSegmentEvent(value) || isSpeechEvent(value) || isPartialEvent(value) || isCommitEvent(value) || isSegmentFinalEvent(value) || isFlushedEvent(value) || isStatusEvent(value) || isErrorEvent(value) || isFinalEvent(value) || isModelProgressEvent(value) || isDeltaEvent(value)
}

/** What a person has chosen, for all front ends. Secrets are not among it. */
export interface Preferences {
  /** Engine for dictation; empty: the default engine. */
  readonly engine: string
  /** BCP 47 tag of what is spoken; empty: the engine finds out. */
  readonly language: string
  /** Words that are likely to be said. */
  readonly hotwords: readonly string[]
  /** live shows text while somebody speaks; batch hears each segment once, as a whole. */
  readonly mode: 'live' | 'batch'
  /** Whether the hotkey starts and stops, or is held while speaking. */
  readonly activation: 'toggle' | 'hold'
  /** Electron accelerator, such as CommandOrControl+Shift+Space; empty: none. */
  readonly hotkey: string
  /** The device's name; empty: the system's choice. */
  readonly microphone: string
  /** For how long recording goes on after stop, so that the last word is whole. */
  readonly tail_ms: number
  /** What becomes of the text: pasted at the cursor, left on the clipboard, or only shown. */
  readonly insertion: 'paste' | 'copy' | 'none'
  /** Put back what was on the clipboard before pasting. */
  readonly restore_clipboard: boolean
  /** Have a language model clean the text. */
  readonly polish: boolean
  /** Shorter text is not polished. */
  readonly polish_min_chars: number
  /** Base address of an OpenAI-compatible service. */
  readonly llm_url: string
  /** Its model. */
  readonly llm_model: string
  /** Keep the text of dictations. */
  readonly keep_history: boolean
  /** For how long the history keeps audio; 0: it keeps none. */
  readonly keep_audio_days: number
  /** Colours of the app. */
  readonly theme: 'system' | 'light' | 'dark'
  /** Language of the app. */
  readonly ui_language: 'system' | 'en' | 'zh'
  /** Tell start and end by a sound. */
  readonly sounds: boolean
  /** Somebody has been through, or skipped, the welcome. */
  readonly onboarded: boolean
}

export function isPreferences(value: unknown): value is Preferences {
  return (
    isMap(value) &&
    isMatch(value['engine'], /^([a-z0-9][a-z0-9._-]{0,63})?$/) &&
    isText(value['language'], 0, 35) &&
    isList(value['hotwords'], 0, 256, (item) => isText(item, 1, 64)) &&
    (value['mode'] === 'live' || value['mode'] === 'batch') &&
    (value['activation'] === 'toggle' || value['activation'] === 'hold') &&
    isText(value['hotkey'], 0, 64) &&
    isText(value['microphone'], 0, 512) &&
    isInteger(value['tail_ms'], 0, 2000) &&
    (value['insertion'] === 'paste' || value['insertion'] === 'copy' || value['insertion'] === 'none') &&
    typeof value['restore_clipboard'] === 'boolean' &&
    typeof value['polish'] === 'boolean' &&
    isInteger(value['polish_min_chars'], 0, 10000) &&
    isText(value['llm_url'], 0, 512) &&
    isText(value['llm_model'], 0, 256) &&
    typeof value['keep_history'] === 'boolean' &&
    isInteger(value['keep_audio_days'], 0, 36500) &&
    (value['theme'] === 'system' || value['theme'] === 'light' || value['theme'] === 'dark') &&
    (value['ui_language'] === 'system' || value['ui_language'] === 'en' || value['ui_language'] === 'zh') &&
    typeof value['sounds'] === 'boolean' &&
    typeof value['onboarded'] === 'boolean'
  )
}

/** What changes; the rest stays. */
export interface PreferencesPatch {
  /** Engine for dictation; empty: the default engine. */
  readonly engine?: string
  /** BCP 47 tag of what is spoken; empty: the engine finds out. */
  readonly language?: string
  /** Words that are likely to be said. */
  readonly hotwords?: readonly string[]
  /** live shows text while somebody speaks; batch hears each segment once, as a whole. */
  readonly mode?: 'live' | 'batch'
  /** Whether the hotkey starts and stops, or is held while speaking. */
  readonly activation?: 'toggle' | 'hold'
  /** Electron accelerator, such as CommandOrControl+Shift+Space; empty: none. */
  readonly hotkey?: string
  /** The device's name; empty: the system's choice. */
  readonly microphone?: string
  /** For how long recording goes on after stop, so that the last word is whole. */
  readonly tail_ms?: number
  /** What becomes of the text: pasted at the cursor, left on the clipboard, or only shown. */
  readonly insertion?: 'paste' | 'copy' | 'none'
  /** Put back what was on the clipboard before pasting. */
  readonly restore_clipboard?: boolean
  /** Have a language model clean the text. */
  readonly polish?: boolean
  /** Shorter text is not polished. */
  readonly polish_min_chars?: number
  /** Base address of an OpenAI-compatible service. */
  readonly llm_url?: string
  /** Its model. */
  readonly llm_model?: string
  /** Keep the text of dictations. */
  readonly keep_history?: boolean
  /** For how long the history keeps audio; 0: it keeps none. */
  readonly keep_audio_days?: number
  /** Colours of the app. */
  readonly theme?: 'system' | 'light' | 'dark'
  /** Language of the app. */
  readonly ui_language?: 'system' | 'en' | 'zh'
  /** Tell start and end by a sound. */
  readonly sounds?: boolean
  /** Somebody has been through, or skipped, the welcome. */
  readonly onboarded?: boolean
}

export function isPreferencesPatch(value: unknown): value is PreferencesPatch {
  return (
    isMap(value) &&
    (value['engine'] === undefined || isMatch(value['engine'], /^([a-z0-9][a-z0-9._-]{0,63})?$/)) &&
    (value['language'] === undefined || isText(value['language'], 0, 35)) &&
    (value['hotwords'] === undefined || isList(value['hotwords'], 0, 256, (item) => isText(item, 1, 64))) &&
    (value['mode'] === undefined || (value['mode'] === 'live' || value['mode'] === 'batch')) &&
    (value['activation'] === undefined || (value['activation'] === 'toggle' || value['activation'] === 'hold')) &&
    (value['hotkey'] === undefined || isText(value['hotkey'], 0, 64)) &&
    (value['microphone'] === undefined || isText(value['microphone'], 0, 512)) &&
    (value['tail_ms'] === undefined || isInteger(value['tail_ms'], 0, 2000)) &&
    (value['insertion'] === undefined || (value['insertion'] === 'paste' || value['insertion'] === 'copy' || value['insertion'] === 'none')) &&
    (value['restore_clipboard'] === undefined || typeof value['restore_clipboard'] === 'boolean') &&
    (value['polish'] === undefined || typeof value['polish'] === 'boolean') &&
    (value['polish_min_chars'] === undefined || isInteger(value['polish_min_chars'], 0, 10000)) &&
    (value['llm_url'] === undefined || isText(value['llm_url'], 0, 512)) &&
    (value['llm_model'] === undefined || isText(value['llm_model'], 0, 256)) &&
    (value['keep_history'] === undefined || typeof value['keep_history'] === 'boolean') &&
    (value['keep_audio_days'] === undefined || isInteger(value['keep_audio_days'], 0, 36500)) &&
    (value['theme'] === undefined || (value['theme'] === 'system' || value['theme'] === 'light' || value['theme'] === 'dark')) &&
    (value['ui_language'] === undefined || (value['ui_language'] === 'system' || value['ui_language'] === 'en' || value['ui_language'] === 'zh')) &&
    (value['sounds'] === undefined || typeof value['sounds'] === 'boolean') &&
    (value['onboarded'] === undefined || typeof value['onboarded'] === 'boolean')
  )
}

/** Nothing. */
export type ConfigGetParams = Readonly<Record<string, never>>

export function isConfigGetParams(value: unknown): value is ConfigGetParams {
  return (
    isMap(value)
  )
}

/** What changes. */
export interface ConfigSetParams {
  readonly changes: PreferencesPatch
}

export function isConfigSetParams(value: unknown): value is ConfigSetParams {
  return (
    isMap(value) &&
    isPreferencesPatch(value['changes'])
  )
}

/** What is not as it was, whoever changed it. */
export interface ChangedParams {
  readonly what: 'history' | 'config'
}

export function isChangedParams(value: unknown): value is ChangedParams {
  return (
    isMap(value) &&
    (value['what'] === 'history' || value['what'] === 'config')
  )
}

/** How the request is to be treated. */
export interface Meta {
  /** Milliseconds until the caller gives up; the sidecar then answers DEADLINE. */
  readonly tmo: number
}

export function isMeta(value: unknown): value is Meta {
  return (
    isMap(value) &&
    isInteger(value['tmo'], 1, 86400000)
  )
}

/** A call. Ids rise within a connection and are never used twice. */
export interface Request {
  readonly jsonrpc: '2.0'
  readonly id: number
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly meta: Meta
}

export function isRequest(value: unknown): value is Request {
  return (
    isMap(value) &&
    value['jsonrpc'] === '2.0' &&
    isInteger(value['id'], 0, 4294967295) &&
    isText(value['method'], 1, 64) &&
    isMap(value['params']) &&
    isMeta(value['meta'])
  )
}

/** A message without an answer. */
export interface Notification {
  readonly jsonrpc: '2.0'
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

export function isNotification(value: unknown): value is Notification {
  return (
    isMap(value) &&
    value['jsonrpc'] === '2.0' &&
    isText(value['method'], 1, 64) &&
    isMap(value['params'])
  )
}

/** The answer to a call that worked. */
export interface Result {
  readonly jsonrpc: '2.0'
  readonly id: number
  readonly result: Readonly<Record<string, unknown>>
}

export function isResult(value: unknown): value is Result {
  return (
    isMap(value) &&
    value['jsonrpc'] === '2.0' &&
    isInteger(value['id'], 0, 4294967295) &&
    isMap(value['result'])
  )
}

/** The stable part of an error. */
export interface ErrorData {
  readonly kind: string
  readonly retryable: boolean
  readonly retry_after_ms?: number
  readonly detail?: string
}

export function isErrorData(value: unknown): value is ErrorData {
  return (
    isMap(value) &&
    isText(value['kind'], 1, 32) &&
    typeof value['retryable'] === 'boolean' &&
    (value['retry_after_ms'] === undefined || isInteger(value['retry_after_ms'], 0, 3600000)) &&
    (value['detail'] === undefined || isText(value['detail'], 0, 256))
  )
}

/** What went wrong, for programs (code, data.kind) and for people (message). */
export interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly data: ErrorData
}

export function isErrorObject(value: unknown): value is ErrorObject {
  return (
    isMap(value) &&
    isInteger(value['code'], -32899, 9999) &&
    isText(value['message'], 0, 1024) &&
    isErrorData(value['data'])
  )
}

/** The answer to a call that did not work. id is null where the call could not be read. */
export interface Failure {
  readonly jsonrpc: '2.0'
  readonly id: number | null
  readonly error: ErrorObject
}

export function isFailure(value: unknown): value is Failure {
  return (
    isMap(value) &&
    value['jsonrpc'] === '2.0' &&
    (value['id'] === null || isInteger(value['id'], 0, 4294967295)) &&
    isErrorObject(value['error'])
  )
}

/** The request to stop. */
export interface CancelParams {
  readonly id: number
}

export function isCancelParams(value: unknown): value is CancelParams {
  return (
    isMap(value) &&
    isInteger(value['id'], 0, 4294967295)
  )
}

/** One event of a request or of a dictation: whose, its number, its type, its data. */
export interface EventParams {
  readonly id?: number
  readonly stream?: number
  readonly seq: number
  readonly event: Event
}

export function isEventParams(value: unknown): value is EventParams {
  return (
    isMap(value) &&
    (value['id'] === undefined || isInteger(value['id'], 0, 4294967295)) &&
    (value['stream'] === undefined || isInteger(value['stream'], 0, 4294967295)) &&
    isInteger(value['seq'], 0, 4294967295) &&
    isEvent(value['event']) &&
    [value['id'], value['stream']].filter((one) => one !== undefined).length === 1
  )
}

/** Where an engine's worker is in its life. */
export type EngineState = 'cold' | 'starting' | 'ready' | 'busy' | 'failed'

export function isEngineState(value: unknown): value is EngineState {
  return (value === 'cold' || value === 'starting' || value === 'ready' || value === 'busy' || value === 'failed')
}

/** The new state of an engine's worker. */
export interface StateParams {
  readonly engine: EngineId
  readonly state: EngineState
  readonly message?: string
}

export function isStateParams(value: unknown): value is StateParams {
  return (
    isMap(value) &&
    isEngineId(value['engine']) &&
    isEngineState(value['state']) &&
    (value['message'] === undefined || isText(value['message'], 0, 1024))
  )
}

/** Names an entry of the history; later entries have larger ones. */
export type EntryId = number

export function isEntryId(value: unknown): value is EntryId {
  return isInteger(value, 1, 9007199254740991)
}

/** One dictation or recording that was turned into text. */
export interface HistoryEntry {
  readonly entry: EntryId
  /** Milliseconds since 1970, UTC. */
  readonly created_ms: number
  /** The text as it is now: polished, edited or heard again. */
  readonly text: string
  /** What was recognised, where that is not the text. */
  readonly raw_text?: string
  readonly language?: string
  readonly engine: EngineId
  readonly duration_ms: number
  readonly has_audio: boolean
  readonly starred: boolean
  /** Deleted, and still to be restored. */
  readonly trashed: boolean
  /** A line around what was looked for. */
  readonly match?: string
}

export function isHistoryEntry(value: unknown): value is HistoryEntry {
  return (
    isMap(value) &&
    isEntryId(value['entry']) &&
    isInteger(value['created_ms'], 0, 9007199254740991) &&
    isText(value['text'], 0, 2097152) &&
    (value['raw_text'] === undefined || isText(value['raw_text'], 0, 2097152)) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    isEngineId(value['engine']) &&
    isInteger(value['duration_ms'], 0, 4294967295) &&
    typeof value['has_audio'] === 'boolean' &&
    typeof value['starred'] === 'boolean' &&
    typeof value['trashed'] === 'boolean' &&
    (value['match'] === undefined || isText(value['match'], 0, 512))
  )
}

/** A recording of the journal that an entry takes its audio from, and where it is cut. */
export interface HistoryPart {
  readonly recording: string
  /** What follows is left out. Absent: nothing is. */
  readonly end_ms?: number
}

export function isHistoryPart(value: unknown): value is HistoryPart {
  return (
    isMap(value) &&
    isMatch(value['recording'], /^[0-9a-f]{32}$/) &&
    (value['end_ms'] === undefined || isInteger(value['end_ms'], 0, 4294967295))
  )
}

/** Text to keep. parts are joined in order and leave the journal with that; none: no audio is kept. Where words would make the message too large, leave them out of the segments. */
export interface HistoryAddParams {
  readonly text: string
  /** What was recognised, where that is not the text. */
  readonly raw_text?: string
  readonly segments?: readonly Segment[]
  readonly language?: string
  readonly engine: EngineId
  readonly duration_ms: number
  readonly parts?: readonly HistoryPart[]
}

export function isHistoryAddParams(value: unknown): value is HistoryAddParams {
  return (
    isMap(value) &&
    isText(value['text'], 0, 2097152) &&
    (value['raw_text'] === undefined || isText(value['raw_text'], 0, 2097152)) &&
    (value['segments'] === undefined || isList(value['segments'], 0, 65536, (item) => isSegment(item))) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    isEngineId(value['engine']) &&
    isInteger(value['duration_ms'], 0, 4294967295) &&
    (value['parts'] === undefined || isList(value['parts'], 0, 64, (item) => isHistoryPart(item)))
  )
}

/** Which entries, newest first. Absent: all that are not trashed. */
export interface HistoryListParams {
  /** Words or parts of words that the text must have, in any script. */
  readonly query?: string
  /** Only older ones: the last entry of the page before. */
  readonly before?: EntryId
  /** Absent: 50. */
  readonly limit?: number
  /** Only those that are starred. */
  readonly starred?: boolean
  /** Those that are trashed instead. */
  readonly trashed?: boolean
}

export function isHistoryListParams(value: unknown): value is HistoryListParams {
  return (
    isMap(value) &&
    (value['query'] === undefined || isText(value['query'], 0, 256)) &&
    (value['before'] === undefined || isEntryId(value['before'])) &&
    (value['limit'] === undefined || isInteger(value['limit'], 1, 200)) &&
    (value['starred'] === undefined || typeof value['starred'] === 'boolean') &&
    (value['trashed'] === undefined || typeof value['trashed'] === 'boolean')
  )
}

/** A page of entries; total counts all that fit. */
export interface HistoryListResult {
  readonly entries: readonly HistoryEntry[]
  readonly total: number
}

export function isHistoryListResult(value: unknown): value is HistoryListResult {
  return (
    isMap(value) &&
    isList(value['entries'], 0, 200, (item) => isHistoryEntry(item)) &&
    isInteger(value['total'], 0, 9007199254740991)
  )
}

/** Which entry. */
export interface HistoryGetParams {
  readonly entry: EntryId
}

export function isHistoryGetParams(value: unknown): value is HistoryGetParams {
  return (
    isMap(value) &&
    isEntryId(value['entry'])
  )
}

/** A text that an entry had. */
export interface HistoryVersion {
  readonly text: string
  readonly created_ms: number
  /** What made it. */
  readonly source: 'recognised' | 'polished' | 'edited'
  /** What recognised it. */
  readonly engine?: EngineId
}

export function isHistoryVersion(value: unknown): value is HistoryVersion {
  return (
    isMap(value) &&
    isText(value['text'], 0, 2097152) &&
    isInteger(value['created_ms'], 0, 9007199254740991) &&
    (value['source'] === 'recognised' || value['source'] === 'polished' || value['source'] === 'edited') &&
    (value['engine'] === undefined || isEngineId(value['engine']))
  )
}

/** All about an entry. segments are those of the last recognition; versions are oldest first. */
export interface HistoryGetResult {
  readonly entry: HistoryEntry
  readonly segments: readonly Segment[]
  readonly versions: readonly HistoryVersion[]
}

export function isHistoryGetResult(value: unknown): value is HistoryGetResult {
  return (
    isMap(value) &&
    isHistoryEntry(value['entry']) &&
    isList(value['segments'], 0, 65536, (item) => isSegment(item)) &&
    isList(value['versions'], 0, 1024, (item) => isHistoryVersion(item))
  )
}

/** What changes. The text that an entry had stays among its versions. */
export interface HistoryUpdateParams {
  readonly entry: EntryId
  readonly text?: string
  /** What made the text. Absent: a person did. */
  readonly source?: 'recognised' | 'polished' | 'edited'
  readonly starred?: boolean
  /** false restores a deleted entry. */
  readonly trashed?: boolean
}

export function isHistoryUpdateParams(value: unknown): value is HistoryUpdateParams {
  return (
    isMap(value) &&
    isEntryId(value['entry']) &&
    (value['text'] === undefined || isText(value['text'], 0, 2097152)) &&
    (value['source'] === undefined || (value['source'] === 'recognised' || value['source'] === 'polished' || value['source'] === 'edited')) &&
    (value['starred'] === undefined || typeof value['starred'] === 'boolean') &&
    (value['trashed'] === undefined || typeof value['trashed'] === 'boolean')
  )
}

/** Entries to delete; for_good does not leave them in the trash. */
export interface HistoryDeleteParams {
  readonly entries: readonly EntryId[]
  readonly for_good?: boolean
}

export function isHistoryDeleteParams(value: unknown): value is HistoryDeleteParams {
  return (
    isMap(value) &&
    isList(value['entries'], 1, 1000, (item) => isEntryId(item)) &&
    (value['for_good'] === undefined || typeof value['for_good'] === 'boolean')
  )
}

/** How many there were. */
export interface HistoryDeleteResult {
  readonly deleted: number
}

export function isHistoryDeleteResult(value: unknown): value is HistoryDeleteResult {
  return (
    isMap(value) &&
    isInteger(value['deleted'], 0, 1000)
  )
}

/** Which piece of an entry's audio, a WAV file. */
export interface HistoryAudioParams {
  readonly entry: EntryId
  readonly offset: number
  readonly max_bytes: number
}

export function isHistoryAudioParams(value: unknown): value is HistoryAudioParams {
  return (
    isMap(value) &&
    isEntryId(value['entry']) &&
    isInteger(value['offset'], 0, 9007199254740991) &&
    isInteger(value['max_bytes'], 1, 4194304)
  )
}

/** The piece, which is shorter at the end, and the size of the whole. */
export interface HistoryAudioResult {
  readonly total_bytes: number
  readonly data: Binary
}

export function isHistoryAudioResult(value: unknown): value is HistoryAudioResult {
  return (
    isMap(value) &&
    isInteger(value['total_bytes'], 0, 9007199254740991) &&
    isBinary(value['data'])
  )
}

/** Hear an entry's audio again, and how. */
export interface HistoryRetranscribeParams {
  readonly entry: EntryId
  /** Absent: the default engine. */
  readonly engine?: EngineId
  /** BCP 47 tag. Absent: the engine finds out. */
  readonly language?: string
  /** Words that are likely to be said. */
  readonly hotwords?: readonly string[]
}

export function isHistoryRetranscribeParams(value: unknown): value is HistoryRetranscribeParams {
  return (
    isMap(value) &&
    isEntryId(value['entry']) &&
    (value['engine'] === undefined || isEngineId(value['engine'])) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    (value['hotwords'] === undefined || isList(value['hotwords'], 0, 256, (item) => isText(item, 1, 64)))
  )
}

/** Entries to write, in this order, and how: text, JSON with all that is known, or subtitles. */
export interface HistoryExportParams {
  readonly entries: readonly EntryId[]
  readonly format: 'txt' | 'json' | 'srt' | 'vtt'
}

export function isHistoryExportParams(value: unknown): value is HistoryExportParams {
  return (
    isMap(value) &&
    isList(value['entries'], 1, 1000, (item) => isEntryId(item)) &&
    (value['format'] === 'txt' || value['format'] === 'json' || value['format'] === 'srt' || value['format'] === 'vtt')
  )
}

/** The content of a file. */
export interface HistoryExportResult {
  readonly content: string
}

export function isHistoryExportResult(value: unknown): value is HistoryExportResult {
  return (
    isMap(value) &&
    isText(value['content'], 0, 2097152)
  )
}

/** Text to clean, and who cleans it. The key is held for this call alone and is never written anywhere. */
export interface LlmOptimizeParams {
  readonly text: string
  /** Base address of an OpenAI-compatible service; https, or http on this machine. */
  readonly url: string
  readonly model: string
  /** Absent where the service asks for none. */
  readonly key?: string
  readonly language?: string
  /** How names and terms are written. */
  readonly hotwords?: readonly string[]
}

export function isLlmOptimizeParams(value: unknown): value is LlmOptimizeParams {
  return (
    isMap(value) &&
    isText(value['text'], 1, 65536) &&
    isText(value['url'], 1, 512) &&
    isText(value['model'], 1, 256) &&
    (value['key'] === undefined || isText(value['key'], 0, 512)) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    (value['hotwords'] === undefined || isList(value['hotwords'], 0, 256, (item) => isText(item, 1, 64)))
  )
}

/** The clean text. It passed the guard: no sentence, number or name is lost, and nothing was answered. */
export interface LlmOptimizeResult {
  readonly text: string
  readonly first_delta_ms?: number
  readonly total_ms: number
}

export function isLlmOptimizeResult(value: unknown): value is LlmOptimizeResult {
  return (
    isMap(value) &&
    isText(value['text'], 0, 131072) &&
    (value['first_delta_ms'] === undefined || isInteger(value['first_delta_ms'], 0, 4294967295)) &&
    isInteger(value['total_ms'], 0, 4294967295)
  )
}

/** Whether a model is here: not at all, some of its download, on its way in just now, ready to be used, or installed and not as it was. */
export type ModelState = 'available' | 'partial' | 'installing' | 'installed' | 'damaged'

export function isModelState(value: unknown): value is ModelState {
  return (value === 'available' || value === 'partial' || value === 'installing' || value === 'installed' || value === 'damaged')
}

/** A model that is installed, or can be. Sizes are estimates until it is installed. */
export interface ModelInfo {
  /** Its name, and that of its engine once it is installed. */
  readonly model: EngineId
  /** Its name for people. */
  readonly name: string
  /** Which kind of engine runs it. */
  readonly family: string
  /** BCP 47 tags; empty where that is not known. */
  readonly languages: readonly string[]
  /** SPDX identifier. */
  readonly licence: string
  /** It can be dictated to live. */
  readonly streaming: boolean
  readonly state: ModelState
  /** Size of what is downloaded; 0 where that is not known. */
  readonly download_bytes: number
  /** How much of that is here already. */
  readonly here_bytes: number
  /** Size on disk. */
  readonly installed_bytes: number
  /** Memory it needs while in use. */
  readonly ram_bytes: number
  /** Where it can be had, the best first; none for a model that was imported. */
  readonly sources: readonly string[]
}

export function isModelInfo(value: unknown): value is ModelInfo {
  return (
    isMap(value) &&
    isEngineId(value['model']) &&
    isText(value['name'], 1, 300) &&
    isText(value['family'], 1, 64) &&
    isList(value['languages'], 0, 512, (item) => isText(item, 2, 35)) &&
    isText(value['licence'], 1, 300) &&
    typeof value['streaming'] === 'boolean' &&
    isModelState(value['state']) &&
    isInteger(value['download_bytes'], 0, 9007199254740991) &&
    isInteger(value['here_bytes'], 0, 9007199254740991) &&
    isInteger(value['installed_bytes'], 0, 9007199254740991) &&
    isInteger(value['ram_bytes'], 0, 9007199254740991) &&
    isList(value['sources'], 0, 16, (item) => isText(item, 1, 512))
  )
}

/** What to look for. Absent: everything. */
export interface ModelsListParams {
  /** Words that the model's id or name must have. */
  readonly query?: string
  /** BCP 47 tag of a language that it must understand. */
  readonly language?: string
}

export function isModelsListParams(value: unknown): value is ModelsListParams {
  return (
    isMap(value) &&
    (value['query'] === undefined || isText(value['query'], 0, 256)) &&
    (value['language'] === undefined || isText(value['language'], 2, 35))
  )
}

/** The catalogue's models in its order, then others that are installed. */
export interface ModelsListResult {
  readonly models: readonly ModelInfo[]
}

export function isModelsListResult(value: unknown): value is ModelsListResult {
  return (
    isMap(value) &&
    isList(value['models'], 0, 1024, (item) => isModelInfo(item))
  )
}

/** Which model, and where from. */
export interface ModelsInstallParams {
  readonly model: EngineId
  /** huggingface, hf-mirror, modelscope, hf+https://HOST or modelscope+https://HOST for other hubs of those kinds, or the https address of a folder. Absent: the sources that the model lists, one after the other. */
  readonly source?: string
}

export function isModelsInstallParams(value: unknown): value is ModelsInstallParams {
  return (
    isMap(value) &&
    isEngineId(value['model']) &&
    (value['source'] === undefined || isText(value['source'], 1, 512))
  )
}

/** Where the model is, and what to call it. */
export interface ModelsImportParams {
  /** Absolute path of a folder on the sidecar's machine. */
  readonly path: string
  /** Absent: what it is called, where that can be told. */
  readonly model?: EngineId
}

export function isModelsImportParams(value: unknown): value is ModelsImportParams {
  return (
    isMap(value) &&
    isText(value['path'], 1, 4096) &&
    (value['model'] === undefined || isEngineId(value['model']))
  )
}

/** The model to check. */
export interface ModelsVerifyParams {
  readonly model: EngineId
}

export function isModelsVerifyParams(value: unknown): value is ModelsVerifyParams {
  return (
    isMap(value) &&
    isEngineId(value['model'])
  )
}

/** The model to delete. */
export interface ModelsRemoveParams {
  readonly model: EngineId
}

export function isModelsRemoveParams(value: unknown): value is ModelsRemoveParams {
  return (
    isMap(value) &&
    isEngineId(value['model'])
  )
}

/** Room that is free again. */
export interface ModelsRemoveResult {
  readonly freed_bytes: number
}

export function isModelsRemoveResult(value: unknown): value is ModelsRemoveResult {
  return (
    isMap(value) &&
    isInteger(value['freed_bytes'], 0, 9007199254740991)
  )
}

/** The audio that will be pushed: mono PCM, signed 16 bits, little endian; and how it is to be transcribed. */
export interface StreamOpenParams {
  readonly format: 'pcm_s16le'
  readonly rate_hz: number
  /** Absent: the default engine. */
  readonly engine?: EngineId
  /** BCP 47 tag. Absent: the engine finds out. */
  readonly language?: string
  /** Words that are likely to be said. */
  readonly hotwords?: readonly string[]
  /** live (also if absent): partials, and text as soon as it is settled. batch: text only as segments end, each heard as a whole. */
  readonly mode?: 'live' | 'batch'
  /** What its recording is called in the journal; it must be new. Absent: a random name. */
  readonly recording?: string
  /** Keep nothing of it on disk, not even while it runs. */
  readonly unrecorded?: boolean
}

export function isStreamOpenParams(value: unknown): value is StreamOpenParams {
  return (
    isMap(value) &&
    value['format'] === 'pcm_s16le' &&
    isInteger(value['rate_hz'], 8000, 192000) &&
    (value['engine'] === undefined || isEngineId(value['engine'])) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    (value['hotwords'] === undefined || isList(value['hotwords'], 0, 256, (item) => isText(item, 1, 64))) &&
    (value['mode'] === undefined || (value['mode'] === 'live' || value['mode'] === 'batch')) &&
    (value['recording'] === undefined || isMatch(value['recording'], /^[0-9a-f]{32}$/)) &&
    (value['unrecorded'] === undefined || typeof value['unrecorded'] === 'boolean')
  )
}

/** The dictation: its number, the secret to resume it with, and how much may be sent. */
export interface StreamOpenResult {
  readonly stream: number
  readonly token: string
  /** The first seq that may not be pushed yet. */
  readonly limit: number
  /** Largest chunk at this rate. */
  readonly max_chunk_bytes: number
  /** How long the dictation waits after its connection broke. */
  readonly resume_ms: number
}

export function isStreamOpenResult(value: unknown): value is StreamOpenResult {
  return (
    isMap(value) &&
    isInteger(value['stream'], 0, 4294967295) &&
    isMatch(value['token'], /^[0-9a-f]{32}$/) &&
    isInteger(value['limit'], 0, 4294967295) &&
    isInteger(value['max_chunk_bytes'], 0, 4294967295) &&
    isInteger(value['resume_ms'], 0, 4294967295)
  )
}

/** A chunk; seq counts from 0. */
export interface StreamPushParams {
  readonly stream: number
  readonly seq: number
  readonly data: Binary
}

export function isStreamPushParams(value: unknown): value is StreamPushParams {
  return (
    isMap(value) &&
    isInteger(value['stream'], 0, 4294967295) &&
    isInteger(value['seq'], 0, 4294967295) &&
    isBinary(value['data'])
  )
}

/** The dictation, and how many chunks were pushed so far. */
export interface StreamFlushParams {
  readonly stream: number
  readonly seq: number
}

export function isStreamFlushParams(value: unknown): value is StreamFlushParams {
  return (
    isMap(value) &&
    isInteger(value['stream'], 0, 4294967295) &&
    isInteger(value['seq'], 0, 4294967295)
  )
}

/** Nothing. */
export type StreamFlushResult = Readonly<Record<string, never>>

export function isStreamFlushResult(value: unknown): value is StreamFlushResult {
  return (
    isMap(value)
  )
}

/** The dictation, and how many chunks were pushed in all; keep leaves its audio in the journal, for as long as its text is not safe. */
export interface StreamCloseParams {
  readonly stream: number
  readonly seq: number
  readonly keep?: boolean
}

export function isStreamCloseParams(value: unknown): value is StreamCloseParams {
  return (
    isMap(value) &&
    isInteger(value['stream'], 0, 4294967295) &&
    isInteger(value['seq'], 0, 4294967295) &&
    (value['keep'] === undefined || typeof value['keep'] === 'boolean')
  )
}

/** What the event final said. */
export interface StreamCloseResult {
  readonly text: string
  readonly language?: string
  readonly engine: EngineId
  readonly timings: Timings
  /** As meant, broken off, or after an error that could not be overcome. */
  readonly reason: 'close' | 'abort' | 'error'
  /** All that was accepted was recognised. */
  readonly complete: boolean
  /** The name of its audio in the journal, where that is kept. */
  readonly recording?: string
  /** Sentences a person should read. */
  readonly notices: readonly string[]
}

export function isStreamCloseResult(value: unknown): value is StreamCloseResult {
  return (
    isMap(value) &&
    isText(value['text'], 0, 2097152) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    isEngineId(value['engine']) &&
    isTimings(value['timings']) &&
    (value['reason'] === 'close' || value['reason'] === 'abort' || value['reason'] === 'error') &&
    typeof value['complete'] === 'boolean' &&
    (value['recording'] === undefined || isMatch(value['recording'], /^[0-9a-f]{32}$/)) &&
    isList(value['notices'], 0, 16, (item) => isText(item, 0, 512))
  )
}

/** The dictation; keep leaves its audio in the journal. */
export interface StreamAbortParams {
  readonly stream: number
  readonly keep?: boolean
}

export function isStreamAbortParams(value: unknown): value is StreamAbortParams {
  return (
    isMap(value) &&
    isInteger(value['stream'], 0, 4294967295) &&
    (value['keep'] === undefined || typeof value['keep'] === 'boolean')
  )
}

/** The name of the recording, where it was kept. */
export interface StreamAbortResult {
  readonly recording?: string
}

export function isStreamAbortResult(value: unknown): value is StreamAbortResult {
  return (
    isMap(value) &&
    (value['recording'] === undefined || isMatch(value['recording'], /^[0-9a-f]{32}$/))
  )
}

/** The secret of asr.stream.open, and the seq of the first event that is to be told again. */
export interface StreamResumeParams {
  readonly token: string
  readonly next_event: number
}

export function isStreamResumeParams(value: unknown): value is StreamResumeParams {
  return (
    isMap(value) &&
    isMatch(value['token'], /^[0-9a-f]{32}$/) &&
    isInteger(value['next_event'], 0, 4294967295)
  )
}

/** Where to go on. text is all that was committed, should events be too old to be told again. */
export interface StreamResumeResult {
  readonly stream: number
  /** The seq of the first chunk that did not arrive: push again from there. */
  readonly next_push: number
  /** The first seq that may not be pushed yet. */
  readonly limit: number
  readonly text: string
}

export function isStreamResumeResult(value: unknown): value is StreamResumeResult {
  return (
    isMap(value) &&
    isInteger(value['stream'], 0, 4294967295) &&
    isInteger(value['next_push'], 0, 4294967295) &&
    isInteger(value['limit'], 0, 4294967295) &&
    isText(value['text'], 0, 2097152)
  )
}

/** How far a dictation is. */
export interface CreditParams {
  readonly stream: number
  readonly ack: number
  readonly limit: number
}

export function isCreditParams(value: unknown): value is CreditParams {
  return (
    isMap(value) &&
    isInteger(value['stream'], 0, 4294967295) &&
    isInteger(value['ack'], 0, 4294967295) &&
    isInteger(value['limit'], 0, 4294967295)
  )
}

/** Nothing. */
export type JournalListParams = Readonly<Record<string, never>>

export function isJournalListParams(value: unknown): value is JournalListParams {
  return (
    isMap(value)
  )
}

/** A recording of a dictation. began_s is Unix time; audio_ms is how much of it is safe. */
export interface KeptRecording {
  readonly recording: string
  /** A dictation that runs; one that did not come to its end; one that did. */
  readonly state: 'open' | 'interrupted' | 'finished'
  readonly began_s: number
  readonly audio_ms: number
  readonly engine: EngineId
  readonly language?: string
}

export function isKeptRecording(value: unknown): value is KeptRecording {
  return (
    isMap(value) &&
    isMatch(value['recording'], /^[0-9a-f]{32}$/) &&
    (value['state'] === 'open' || value['state'] === 'interrupted' || value['state'] === 'finished') &&
    isInteger(value['began_s'], 0, 9007199254740991) &&
    isInteger(value['audio_ms'], 0, 4294967295) &&
    isEngineId(value['engine']) &&
    (value['language'] === undefined || isText(value['language'], 2, 35))
  )
}

/** Newest first. */
export interface JournalListResult {
  readonly recordings: readonly KeptRecording[]
}

export function isJournalListResult(value: unknown): value is JournalListResult {
  return (
    isMap(value) &&
    isList(value['recordings'], 0, 4096, (item) => isKeptRecording(item))
  )
}

/** Which recording, and how it is to be transcribed. What is absent is as it was for the dictation. */
export interface JournalRecoverParams {
  readonly recording: string
  readonly engine?: EngineId
  /** BCP 47 tag. */
  readonly language?: string
  /** Words that are likely to be said. */
  readonly hotwords?: readonly string[]
  /** Send level events. */
  readonly levels?: boolean
  /** Have the installed aligner find word times where the engine gives none. Absent: yes. */
  readonly align?: boolean
}

export function isJournalRecoverParams(value: unknown): value is JournalRecoverParams {
  return (
    isMap(value) &&
    isMatch(value['recording'], /^[0-9a-f]{32}$/) &&
    (value['engine'] === undefined || isEngineId(value['engine'])) &&
    (value['language'] === undefined || isText(value['language'], 2, 35)) &&
    (value['hotwords'] === undefined || isList(value['hotwords'], 0, 256, (item) => isText(item, 1, 64))) &&
    (value['levels'] === undefined || typeof value['levels'] === 'boolean') &&
    (value['align'] === undefined || typeof value['align'] === 'boolean')
  )
}

/** Which recording. */
export interface JournalDiscardParams {
  readonly recording: string
}

export function isJournalDiscardParams(value: unknown): value is JournalDiscardParams {
  return (
    isMap(value) &&
    isMatch(value['recording'], /^[0-9a-f]{32}$/)
  )
}

/** Nothing. */
export type JournalDiscardResult = Readonly<Record<string, never>>

export function isJournalDiscardResult(value: unknown): value is JournalDiscardResult {
  return (
    isMap(value)
  )
}

/** Major and minor version of the protocol. */
export type Version = readonly [number, number]

export function isVersion(value: unknown): value is Version {
  return isList(value, 2, 2, (item) => isInteger(item, 0, 65535))
}

/** Who is calling, for logs and bug reports. */
export interface ClientName {
  readonly name: string
  readonly version: string
}

export function isClientName(value: unknown): value is ClientName {
  return (
    isMap(value) &&
    isText(value['name'], 1, 64) &&
    isText(value['version'], 1, 32)
  )
}

/** One published limit. */
export interface Limit {
  readonly name: string
  readonly value: number
}

export function isLimit(value: unknown): value is Limit {
  return (
    isMap(value) &&
    isText(value['name'], 1, 64) &&
    isInteger(value['value'], 0, 9007199254740991)
  )
}

/** What the client speaks. */
export interface HelloParams {
  readonly proto: Version
  readonly client: ClientName
  /** Of the schema the client was built from; a difference is logged, not refused. */
  readonly schema_hash?: string
}

export function isHelloParams(value: unknown): value is HelloParams {
  return (
    isMap(value) &&
    isVersion(value['proto']) &&
    isClientName(value['client']) &&
    (value['schema_hash'] === undefined || isMatch(value['schema_hash'], /^[0-9a-f]{64}$/))
  )
}

/** What the sidecar speaks: the lower of the two minor versions, and its limits. */
export interface HelloResult {
  readonly proto: Version
  /** Names this run of the sidecar; another epoch knows nothing of this one's requests. */
  readonly epoch: string
  readonly pid: number
  readonly version: string
  readonly schema_hash: string
  /** Only an owner may shut the sidecar down. */
  readonly role: 'owner' | 'guest'
  readonly limits: readonly Limit[]
}

export function isHelloResult(value: unknown): value is HelloResult {
  return (
    isMap(value) &&
    isVersion(value['proto']) &&
    isMatch(value['epoch'], /^[0-9a-f]{16}$/) &&
    isInteger(value['pid'], 1, 4294967295) &&
    isText(value['version'], 1, 32) &&
    isMatch(value['schema_hash'], /^[0-9a-f]{64}$/) &&
    (value['role'] === 'owner' || value['role'] === 'guest') &&
    isList(value['limits'], 0, 64, (item) => isLimit(item))
  )
}

/** Nothing. */
export type PingParams = Readonly<Record<string, never>>

export function isPingParams(value: unknown): value is PingParams {
  return (
    isMap(value)
  )
}

/** How long the sidecar has been up. */
export interface PingResult {
  readonly uptime_ms: number
}

export function isPingResult(value: unknown): value is PingResult {
  return (
    isMap(value) &&
    isInteger(value['uptime_ms'], 0, 9007199254740991)
  )
}

/** Nothing. */
export type InfoParams = Readonly<Record<string, never>>

export function isInfoParams(value: unknown): value is InfoParams {
  return (
    isMap(value)
  )
}

/** What an engine declares it can do. */
export interface EngineCaps {
  /** BCP 47 tags; empty means any. */
  readonly languages: readonly string[]
  readonly word_times: boolean
  readonly confidences: boolean
  readonly partials: boolean
  readonly forced_prefix: boolean
  readonly drafts: boolean
  readonly hotwords: boolean
  readonly max_segment_ms: number
  /** What a person should know before trusting the engine, or empty. */
  readonly notice: string
}

export function isEngineCaps(value: unknown): value is EngineCaps {
  return (
    isMap(value) &&
    isList(value['languages'], 0, 512, (item) => isText(item, 1, 35)) &&
    typeof value['word_times'] === 'boolean' &&
    typeof value['confidences'] === 'boolean' &&
    typeof value['partials'] === 'boolean' &&
    typeof value['forced_prefix'] === 'boolean' &&
    typeof value['drafts'] === 'boolean' &&
    typeof value['hotwords'] === 'boolean' &&
    isInteger(value['max_segment_ms'], 1000, 86400000) &&
    isText(value['notice'], 0, 512)
  )
}

/** An installed engine. caps is absent until its worker has started once. */
export interface EngineInfo {
  readonly id: EngineId
  readonly state: EngineState
  readonly caps?: EngineCaps
}

export function isEngineInfo(value: unknown): value is EngineInfo {
  return (
    isMap(value) &&
    isEngineId(value['id']) &&
    isEngineState(value['state']) &&
    (value['caps'] === undefined || isEngineCaps(value['caps']))
  )
}

/** What this sidecar is. */
export interface InfoResult {
  readonly version: string
  readonly python: string
  readonly platform: string
  readonly default_engine: EngineId
  readonly engines: readonly EngineInfo[]
}

export function isInfoResult(value: unknown): value is InfoResult {
  return (
    isMap(value) &&
    isText(value['version'], 1, 32) &&
    isText(value['python'], 1, 32) &&
    isText(value['platform'], 1, 128) &&
    isEngineId(value['default_engine']) &&
    isList(value['engines'], 0, 64, (item) => isEngineInfo(item))
  )
}

/** Nothing. */
export type DiagParams = Readonly<Record<string, never>>

export function isDiagParams(value: unknown): value is DiagParams {
  return (
    isMap(value)
  )
}

/** One engine worker process. */
export interface WorkerDiag {
  readonly engine: EngineId
  readonly state: EngineState
  readonly pid?: number
  readonly rss_bytes?: number
  readonly requests: number
  readonly restarts: number
}

export function isWorkerDiag(value: unknown): value is WorkerDiag {
  return (
    isMap(value) &&
    isEngineId(value['engine']) &&
    isEngineState(value['state']) &&
    (value['pid'] === undefined || isInteger(value['pid'], 1, 4294967295)) &&
    (value['rss_bytes'] === undefined || isInteger(value['rss_bytes'], 0, 9007199254740991)) &&
    isInteger(value['requests'], 0, 9007199254740991) &&
    isInteger(value['restarts'], 0, 9007199254740991)
  )
}

/** Counters since the start. */
export interface DiagResult {
  readonly uptime_ms: number
  readonly rss_bytes: number
  readonly threads: number
  /** Open files; absent where the system does not tell. */
  readonly fds?: number
  readonly clients: number
  readonly pending: number
  readonly uploads: number
  readonly requests: number
  readonly bad_frames: number
  readonly dropped_clients: number
  /** Dictations that have not ended; absent before 1.1. */
  readonly streams?: number
  /** Chunks that were for no open dictation of their sender; absent before 1.1. */
  readonly ignored_pushes?: number
  readonly workers: readonly WorkerDiag[]
}

export function isDiagResult(value: unknown): value is DiagResult {
  return (
    isMap(value) &&
    isInteger(value['uptime_ms'], 0, 9007199254740991) &&
    isInteger(value['rss_bytes'], 0, 9007199254740991) &&
    isInteger(value['threads'], 1, 65535) &&
    (value['fds'] === undefined || isInteger(value['fds'], 0, 1048576)) &&
    isInteger(value['clients'], 0, 65535) &&
    isInteger(value['pending'], 0, 65535) &&
    isInteger(value['uploads'], 0, 65535) &&
    isInteger(value['requests'], 0, 9007199254740991) &&
    isInteger(value['bad_frames'], 0, 9007199254740991) &&
    isInteger(value['dropped_clients'], 0, 9007199254740991) &&
    (value['streams'] === undefined || isInteger(value['streams'], 0, 65535)) &&
    (value['ignored_pushes'] === undefined || isInteger(value['ignored_pushes'], 0, 9007199254740991)) &&
    isList(value['workers'], 0, 64, (item) => isWorkerDiag(item))
  )
}

/** How long running requests may take to finish before they are cancelled. */
export interface ShutdownParams {
  readonly drain_ms: number
}

export function isShutdownParams(value: unknown): value is ShutdownParams {
  return (
    isMap(value) &&
    isInteger(value['drain_ms'], 0, 60000)
  )
}

/** Nothing: the sidecar is on its way out. */
export type ShutdownResult = Readonly<Record<string, never>>

export function isShutdownResult(value: unknown): value is ShutdownResult {
  return (
    isMap(value)
  )
}

/** Every request the sidecar answers, and who may call it. */
export const METHODS = {
  /** First request of every connection: agree on a version, learn the limits. */
  'sys.hello': {
    since: 0, who: 'any', tmoMs: 5000,
    isParams: isHelloParams, isResult: isHelloResult, events: [],
  },
  /** Answered by the event loop itself, so that an answer proves the sidecar responsive. */
  'sys.ping': {
    since: 0, who: 'any', tmoMs: 2000,
    isParams: isPingParams, isResult: isPingResult, events: [],
  },
  /** What this sidecar is and which engines it has. */
  'sys.info': {
    since: 0, who: 'any', tmoMs: 5000,
    isParams: isInfoParams, isResult: isInfoResult, events: [],
  },
  /** Counters for a bug report: clients, queues, workers, memory. No content. */
  'sys.diag': {
    since: 0, who: 'any', tmoMs: 5000,
    isParams: isDiagParams, isResult: isDiagResult, events: [],
  },
  /** Finish what runs within drain_ms, answer everything, exit with code 0. */
  'sys.shutdown': {
    since: 0, who: 'owner', tmoMs: 10000,
    isParams: isShutdownParams, isResult: isShutdownResult, events: [],
  },
  /** Begin an upload of audio that is larger than one frame. */
  'audio.open': {
    since: 0, who: 'any', tmoMs: 5000,
    isParams: isAudioOpenParams, isResult: isAudioOpenResult, events: [],
  },
  /** Append the next part. The answer comes once the part is on disk. */
  'audio.put': {
    since: 0, who: 'any', tmoMs: 30000,
    isParams: isAudioPutParams, isResult: isAudioPutResult, events: [],
  },
  /** Forget an upload. Unknown uploads are ignored. */
  'audio.drop': {
    since: 0, who: 'any', tmoMs: 5000,
    isParams: isAudioDropParams, isResult: isAudioDropResult, events: [],
  },
  /** Where a client on the same machine may leave recordings as files: the quickest way in, since nothing is encrypted, sent and copied. */
  'audio.folder': {
    since: 0, who: 'any', tmoMs: 5000,
    isParams: isAudioFolderParams, isResult: isAudioFolderResult, events: [],
  },
  /** Recording in, text with word times out. An upload or a file is used up by the call, whatever its outcome. */
  'asr.transcribe': {
    since: 0, who: 'any', tmoMs: 600000,
    isParams: isTranscribeParams, isResult: isTranscribeResult, events: ['progress', 'level', 'segment'],
  },
  /** Begin a dictation. Audio may be pushed at once, also while the engine still loads. */
  'asr.stream.open': {
    since: 1, who: 'any', tmoMs: 10000,
    isParams: isStreamOpenParams, isResult: isStreamOpenResult, events: [],
  },
  /** End the open segment here. Answered once every chunk so far is final; the dictation goes on. */
  'asr.stream.flush': {
    since: 1, who: 'any', tmoMs: 60000,
    isParams: isStreamFlushParams, isResult: isStreamFlushResult, events: [],
  },
  /** End a dictation: what was said last becomes final, then the event final comes, then the answer with the same content. */
  'asr.stream.close': {
    since: 1, who: 'any', tmoMs: 600000,
    isParams: isStreamCloseParams, isResult: isStreamCloseResult, events: [],
  },
  /** End a dictation and throw its audio away, unless keep is set. The event final still comes, once. */
  'asr.stream.abort': {
    since: 1, who: 'any', tmoMs: 10000,
    isParams: isStreamAbortParams, isResult: isStreamAbortResult, events: [],
  },
  /** Take up a dictation on another connection after its own broke. Events from next_event on are told again. */
  'asr.stream.resume': {
    since: 1, who: 'any', tmoMs: 5000,
    isParams: isStreamResumeParams, isResult: isStreamResumeResult, events: [],
  },
  /** The recordings of dictations that are kept, newest first: those that were interrupted, and finished ones while they are retained. */
  'journal.list': {
    since: 1, who: 'any', tmoMs: 5000,
    isParams: isJournalListParams, isResult: isJournalListResult, events: [],
  },
  /** Transcribe a kept recording. It stays kept until it is discarded. */
  'journal.recover': {
    since: 1, who: 'any', tmoMs: 600000,
    isParams: isJournalRecoverParams, isResult: isTranscribeResult, events: ['progress', 'level', 'segment'],
  },
  /** Delete a kept recording, for good. */
  'journal.discard': {
    since: 1, who: 'any', tmoMs: 5000,
    isParams: isJournalDiscardParams, isResult: isJournalDiscardResult, events: [],
  },
  /** The models that are installed and those that can be. */
  'models.list': {
    since: 2, who: 'any', tmoMs: 5000,
    isParams: isModelsListParams, isResult: isModelsListResult, events: [],
  },
  /** Download a model, convert it and put it in its place. One that is there and whole is left as it is, a damaged one is replaced. Whatever ends it, what came is kept, and the next call goes on from there. */
  'models.install': {
    since: 2, who: 'owner', tmoMs: 86400000,
    isParams: isModelsInstallParams, isResult: isModelInfo, events: ['model_progress'],
  },
  /** Install a model from a folder on this machine: an official checkpoint, or a model that was installed elsewhere. The folder is only read. */
  'models.import': {
    since: 2, who: 'owner', tmoMs: 86400000,
    isParams: isModelsImportParams, isResult: isModelInfo, events: ['model_progress'],
  },
  /** Read every file of an installed model and compare it with its hash. One that has changed is answered with MODEL_CORRUPT. */
  'models.verify': {
    since: 2, who: 'any', tmoMs: 600000,
    isParams: isModelsVerifyParams, isResult: isModelInfo, events: ['model_progress'],
  },
  /** Delete a model, or what came of one. Its engine first finishes the pass that it is making. */
  'models.remove': {
    since: 2, who: 'owner', tmoMs: 60000,
    isParams: isModelsRemoveParams, isResult: isModelsRemoveResult, events: [],
  },
  /** Keep a text, and the recordings it was heard in. Either all of it is kept or nothing changes. */
  'history.add': {
    since: 3, who: 'any', tmoMs: 30000,
    isParams: isHistoryAddParams, isResult: isHistoryEntry, events: [],
  },
  /** The entries, newest first, a page at a time; with query those whose text has it. */
  'history.list': {
    since: 3, who: 'any', tmoMs: 5000,
    isParams: isHistoryListParams, isResult: isHistoryListResult, events: [],
  },
  /** An entry with its segments and its earlier texts. */
  'history.get': {
    since: 3, who: 'any', tmoMs: 5000,
    isParams: isHistoryGetParams, isResult: isHistoryGetResult, events: [],
  },
  /** Change an entry's text, star it, or restore it from the trash. */
  'history.update': {
    since: 3, who: 'any', tmoMs: 5000,
    isParams: isHistoryUpdateParams, isResult: isHistoryEntry, events: [],
  },
  /** Put entries into the trash, which is emptied after 30 days, or delete them for good. Unknown ones are ignored. */
  'history.delete': {
    since: 3, who: 'any', tmoMs: 10000,
    isParams: isHistoryDeleteParams, isResult: isHistoryDeleteResult, events: [],
  },
  /** A piece of an entry's audio. */
  'history.audio': {
    since: 3, who: 'any', tmoMs: 10000,
    isParams: isHistoryAudioParams, isResult: isHistoryAudioResult, events: [],
  },
  /** Hear an entry's audio again, say with another engine. Its text so far stays among its versions. */
  'history.retranscribe': {
    since: 3, who: 'any', tmoMs: 600000,
    isParams: isHistoryRetranscribeParams, isResult: isHistoryEntry, events: ['progress', 'segment'],
  },
  /** Entries as the content of a file. */
  'history.export': {
    since: 3, who: 'any', tmoMs: 30000,
    isParams: isHistoryExportParams, isResult: isHistoryExportResult, events: [],
  },
  /** What a person has chosen. */
  'config.get': {
    since: 3, who: 'any', tmoMs: 5000,
    isParams: isConfigGetParams, isResult: isPreferences, events: [],
  },
  /** Choose otherwise. What was chosen outlives the sidecar; all clients are told by $/changed. */
  'config.set': {
    since: 3, who: 'owner', tmoMs: 5000,
    isParams: isConfigSetParams, isResult: isPreferences, events: [],
  },
  /** Have a language model clean dictated text: punctuation, fillers, stutters, misheard homophones, nothing else. It leaves this machine where the service does. */
  'llm.optimize': {
    since: 3, who: 'any', tmoMs: 60000,
    isParams: isLlmOptimizeParams, isResult: isLlmOptimizeResult, events: ['delta'],
  },
} as const

/** What goes into each request and what comes out. */
export interface Methods {
  'sys.hello': { params: HelloParams; result: HelloResult }
  'sys.ping': { params: PingParams; result: PingResult }
  'sys.info': { params: InfoParams; result: InfoResult }
  'sys.diag': { params: DiagParams; result: DiagResult }
  'sys.shutdown': { params: ShutdownParams; result: ShutdownResult }
  'audio.open': { params: AudioOpenParams; result: AudioOpenResult }
  'audio.put': { params: AudioPutParams; result: AudioPutResult }
  'audio.drop': { params: AudioDropParams; result: AudioDropResult }
  'audio.folder': { params: AudioFolderParams; result: AudioFolderResult }
  'asr.transcribe': { params: TranscribeParams; result: TranscribeResult }
  'asr.stream.open': { params: StreamOpenParams; result: StreamOpenResult }
  'asr.stream.flush': { params: StreamFlushParams; result: StreamFlushResult }
  'asr.stream.close': { params: StreamCloseParams; result: StreamCloseResult }
  'asr.stream.abort': { params: StreamAbortParams; result: StreamAbortResult }
  'asr.stream.resume': { params: StreamResumeParams; result: StreamResumeResult }
  'journal.list': { params: JournalListParams; result: JournalListResult }
  'journal.recover': { params: JournalRecoverParams; result: TranscribeResult }
  'journal.discard': { params: JournalDiscardParams; result: JournalDiscardResult }
  'models.list': { params: ModelsListParams; result: ModelsListResult }
  'models.install': { params: ModelsInstallParams; result: ModelInfo }
  'models.import': { params: ModelsImportParams; result: ModelInfo }
  'models.verify': { params: ModelsVerifyParams; result: ModelInfo }
  'models.remove': { params: ModelsRemoveParams; result: ModelsRemoveResult }
  'history.add': { params: HistoryAddParams; result: HistoryEntry }
  'history.list': { params: HistoryListParams; result: HistoryListResult }
  'history.get': { params: HistoryGetParams; result: HistoryGetResult }
  'history.update': { params: HistoryUpdateParams; result: HistoryEntry }
  'history.delete': { params: HistoryDeleteParams; result: HistoryDeleteResult }
  'history.audio': { params: HistoryAudioParams; result: HistoryAudioResult }
  'history.retranscribe': { params: HistoryRetranscribeParams; result: HistoryEntry }
  'history.export': { params: HistoryExportParams; result: HistoryExportResult }
  'config.get': { params: ConfigGetParams; result: Preferences }
  'config.set': { params: ConfigSetParams; result: Preferences }
  'llm.optimize': { params: LlmOptimizeParams; result: LlmOptimizeResult }
}

export type MethodName = keyof Methods

/** Every notification, and the end that sends it. */
export const NOTIFICATIONS = {
  '$/cancel': { source: 'client', isParams: isCancelParams },
  'asr.stream.push': { source: 'client', isParams: isStreamPushParams },
  '$/event': { source: 'sidecar', isParams: isEventParams },
  '$/credit': { source: 'sidecar', isParams: isCreditParams },
  '$/state': { source: 'sidecar', isParams: isStateParams },
  '$/changed': { source: 'sidecar', isParams: isChangedParams },
} as const

/** What each notification carries. */
export interface Notifications {
  '$/cancel': CancelParams
  'asr.stream.push': StreamPushParams
  '$/event': EventParams
  '$/credit': CreditParams
  '$/state': StateParams
  '$/changed': ChangedParams
}

export type NotificationName = keyof Notifications

/** Every event. How it is delivered: see docs/protocol.md. */
export const EVENTS = {
  progress: { delivery: 'latest' },
  level: { delivery: 'append' },
  segment: { delivery: 'must' },
  speech: { delivery: 'must' },
  partial: { delivery: 'latest' },
  commit: { delivery: 'must' },
  segment_final: { delivery: 'must' },
  flushed: { delivery: 'must' },
  status: { delivery: 'latest' },
  error: { delivery: 'must' },
  final: { delivery: 'must' },
  model_progress: { delivery: 'latest' },
  delta: { delivery: 'append' },
} as const

/** Every kind of error. */
export const ERRORS = {
  PARSE: { code: -32700, retryable: false },
  INVALID_REQUEST: { code: -32600, retryable: false },
  NO_METHOD: { code: -32601, retryable: false },
  INVALID_PARAMS: { code: -32602, retryable: false },
  INTERNAL: { code: -32603, retryable: false },
  CANCELLED: { code: -32800, retryable: false },
  DEADLINE: { code: -32801, retryable: true },
  NOT_READY: { code: -32002, retryable: true },
  VERSION: { code: -32003, retryable: false },
  UNAUTHORIZED: { code: -32004, retryable: false },
  BUSY: { code: 1001, retryable: true },
  TOO_LARGE: { code: 1002, retryable: false },
  OVERRUN: { code: 1003, retryable: false },
  GAP: { code: 1004, retryable: false },
  NO_SESSION: { code: 1005, retryable: false },
  SIDECAR_RESTARTED: { code: 1006, retryable: true },
  MODEL_MISSING: { code: 1101, retryable: false },
  MODEL_CORRUPT: { code: 1102, retryable: false },
  LOAD_FAILED: { code: 1103, retryable: false },
  OUT_OF_MEMORY: { code: 1104, retryable: true },
  WORKER_CRASHED: { code: 1201, retryable: true },
  WORKER_HUNG: { code: 1202, retryable: true },
  QUARANTINED: { code: 1203, retryable: true },
  DOWNLOAD_NET: { code: 1301, retryable: true },
  CHECKSUM: { code: 1302, retryable: false },
  DISK_FULL: { code: 1303, retryable: true },
  LICENSE: { code: 1304, retryable: false },
  HISTORY_DAMAGED: { code: 1305, retryable: true },
  LLM_AUTH: { code: 1401, retryable: false },
  LLM_RATE: { code: 1402, retryable: true },
  LLM_TIMEOUT: { code: 1403, retryable: true },
  LLM_REFUSED: { code: 1404, retryable: false },
  LLM_BAD_OUTPUT: { code: 1405, retryable: true },
  BAD_AUDIO: { code: 1501, retryable: false },
} as const

export type ErrorKind = keyof typeof ERRORS
