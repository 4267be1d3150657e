// What sends the paste keystroke to the window that has the focus.

/** What became of the keystroke. `detail` is a sentence that says what to do. */
export type Keystroke =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'no-paste-tool' | 'not-permitted' | 'paste-failed' | 'own-window'
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

/**
 * Presses no key while a window of ours has the focus. Who records by the button there would
 * hear that the text was inserted, and it would be nowhere, nor on the clipboard any more.
 */
export function elsewhere(tool: PasteTool, isOurs: () => boolean): PasteTool {
  return {
    async paste(): Promise<Keystroke> {
      if (!isOurs()) return tool.paste()
      return { kind: 'own-window', detail: 'Sotto itself is in front. Paste it where it belongs.' }
    },
  }
}
