// Electron's own channels between main process and preload; what is said over them is in ipc.ts.

/** A call and its envelope. */
export const INVOKE = 'sotto:invoke'
/** A chunk of a dictation: on the same pipe as calls, so that no stop can overtake it. */
export const AUDIO = 'sotto:audio'
/** What every page is told. */
export const PUSH = 'sotto:push'

/** The page's origin. The scheme is ours: no other program and no web page has it. */
export const SCHEME = 'app'
export const ORIGIN = `${SCHEME}://sotto`
