import { expect, test } from 'vitest'
import { parseAccelerator } from './accelerator'

test.each([
  ['CommandOrControl+Shift+Space', 'CommandOrControl+Shift+Space'],
  ['ctrl + alt + d', 'Control+Alt+D'],
  ['Shift+CmdOrCtrl+space', 'CommandOrControl+Shift+Space'],
  ['Option+Return', 'Alt+Enter'],
  ['Meta+Esc', 'Super+Escape'],
  ['Ctrl++', 'Control+Plus'],
  ['Ctrl+Plus', 'Control+Plus'],
  ['Alt+;', 'Alt+;'],
  ['Alt+num7', 'Alt+num7'],
  ['F9', 'F9'],
  ['Shift+F24', 'Shift+F24'],
  ['MediaPlayPause', 'MediaPlayPause'],
])('%s is %s', (text, accelerator) => {
  expect(parseAccelerator(text)).toEqual({ kind: 'valid', accelerator })
})

test.each([
  ['', 'key'],
  ['Ctrl', 'key'],
  ['Ctrl+', 'key'],
  ['+', 'key'],
  ['++', 'modifier'],
  ['Ctrl+F25', 'key'],
  ['Ctrl+Win', 'key'],
  ['Hyper+A', '"Hyper" is no modifier key'],
  ['A+B', '"A" is no modifier key'],
  ['Ctrl+Control+A', 'twice'],
  ['A', 'writing'],
  ['Shift+A', 'writing'],
  ['AltGr+Shift+Q', 'writing'],
  ['Space', 'writing'],
  ['Ctrl+你', 'key'],
])('%s is refused for its %s', (text, why) => {
  expect(parseAccelerator(text)).toEqual({
    kind: 'invalid',
    why: expect.stringContaining(why),
  })
})
