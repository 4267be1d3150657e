import { expect, test } from 'vitest'
import { acceleratorOf, type Keys, keyLabels } from './accelerator'

function keys(code: string, ...held: ('ctrl' | 'alt' | 'shift' | 'meta')[]): Keys {
  return {
    code,
    ctrlKey: held.includes('ctrl'),
    altKey: held.includes('alt'),
    shiftKey: held.includes('shift'),
    metaKey: held.includes('meta'),
  }
}

test.each([
  [keys('Space', 'ctrl', 'shift'), false, 'CommandOrControl+Shift+Space'],
  [keys('KeyD', 'meta'), true, 'CommandOrControl+D'],
  [keys('KeyD', 'ctrl'), true, 'Control+D'],
  [keys('KeyD', 'meta'), false, 'Super+D'],
  [keys('F9'), false, 'F9'],
  [keys('ArrowUp', 'alt'), false, 'Alt+Up'],
  [keys('Digit1', 'ctrl', 'alt'), false, 'CommandOrControl+Alt+1'],
  [keys('Numpad5', 'ctrl'), false, 'CommandOrControl+num5'],
  [keys('Slash', 'ctrl'), false, 'CommandOrControl+/'],
])('%j on a Mac: %s is %s', (pressed, isMac, accelerator) => {
  expect(acceleratorOf(pressed, isMac)).toEqual({ kind: 'accelerator', accelerator })
})

test('modifiers alone are not complete', () => {
  expect(acceleratorOf(keys('ControlLeft', 'ctrl'), false).kind).toBe('incomplete')
  expect(acceleratorOf(keys('MetaRight', 'meta'), true).kind).toBe('incomplete')
})

test('a letter alone, or with Shift, would be taken from every program', () => {
  expect(acceleratorOf(keys('KeyA'), false).kind).toBe('weak')
  expect(acceleratorOf(keys('KeyA', 'shift'), false).kind).toBe('weak')
})

test('keys are named as they are printed', () => {
  expect(keyLabels('CommandOrControl+Shift+Space', false)).toEqual(['Ctrl', 'Shift', 'Space'])
  expect(keyLabels('CommandOrControl+Alt+D', true)).toEqual(['⌘', '⌥', 'D'])
})
