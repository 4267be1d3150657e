// What sends the paste keystroke to the window that has the focus.

/** What became of the keystroke. `detail` is a sentence that says what to do. */
export type Keystroke =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'no-paste-tool' | 'not-permitted' | 'paste-failed'
      readonly detail: string
    }

/** Faces the operating system. Never rejects: a keystroke that failed is no reason to lose text. */
export interface PasteTool {
  paste(): Promise<Keystroke>
}

/** Where no key can be pressed in other windows: the text waits on the clipboard. */
export const noPasteTool: PasteTool = {
  paste: async () => ({
    kind: 'no-paste-tool',
    detail: 'Sotto runs in a browser, which cannot press keys in other windows. Paste it by hand.',
  }),
}
