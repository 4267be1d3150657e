// The system's clipboard, through Electron.

import { clipboard, type Data, nativeImage } from 'electron'
import { type Clipboard, type Content, isEmpty } from '../insertion/clipboard'

const GIVEN_BACK = /^(text\/(plain|html|rtf)|image\/)/i

export const systemClipboard: Clipboard = {
  async read(): Promise<Content> {
    const image = clipboard.readImage()
    return {
      text: clipboard.readText(),
      html: clipboard.readHTML(),
      rtf: clipboard.readRTF(),
      image: image.isEmpty() ? new Uint8Array() : image.toPNG(),
      others: clipboard.availableFormats().filter((format) => !GIVEN_BACK.test(format)),
    }
  },

  async write(content: Content): Promise<void> {
    if (isEmpty(content)) clipboard.clear()
    else clipboard.write(dataOf(content))
  },
}

/** An empty format would be offered to whoever pastes, and preferred by some. */
function dataOf({ text, html, rtf, image }: Content): Data {
  return {
    ...(text !== '' && { text }),
    ...(html !== '' && { html }),
    ...(rtf !== '' && { rtf }),
    ...(image.length > 0 && { image: nativeImage.createFromBuffer(Buffer.from(image)) }),
  }
}
