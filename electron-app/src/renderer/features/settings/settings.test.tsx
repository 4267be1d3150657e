import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { AppContext, makeApp } from '../../store'
import { type Answers, failure, PREFERENCES, scriptedHost } from '../../store/scripted-host'
import { CleaningSection } from './cleaning-section'
import { HotkeyField } from './hotkey-field'
import { parseHotwords } from './hotwords'
import { HotwordsEditor } from './hotwords-editor'
import { KeySetting } from './key-setting'
import { PrivacySection } from './privacy-section'
import { isServiceAddress } from './service-address'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const PAUSES: Answers = { 'hotkey:pause': () => undefined, 'hotkey:works': () => true }

function renderOver(answers: Answers, content: React.ReactNode) {
  const host = scriptedHost(answers)
  const app = makeApp(host.api)
  render(<AppContext value={app}>{content}</AppContext>)
  return { host, app }
}

function recordHotkey(answers: Answers, code: string, init: KeyboardEventInit) {
  const onChange = vi.fn()
  const field = <HotkeyField id="hotkey" aria-describedby="hint" value="F8" onChange={onChange} />
  const { host } = renderOver({ ...PAUSES, ...answers }, field)
  const button = screen.getByRole('button', { name: 'F8' })
  fireEvent.click(button)
  fireEvent.keyDown(button, { code, key: code, ...init })
  return { host, onChange, button }
}

test('a hotkey that is free is kept', async () => {
  const { onChange } = recordHotkey({ 'hotkey:try': () => true }, 'KeyK', { ctrlKey: true })

  await waitFor(() => expect(onChange).toHaveBeenCalledWith('CommandOrControl+K'))
})

test('a hotkey that another program has is not kept, and that is said', async () => {
  const { onChange } = recordHotkey({ 'hotkey:try': () => false }, 'KeyK', { ctrlKey: true })

  await waitFor(() =>
    expect(screen.getByRole('alert').textContent).toBe(
      'Another program has Ctrl K. Choose other keys.',
    ),
  )
  expect(onChange).not.toHaveBeenCalled()
})

test('a hotkey that another program had first is told, until it works', async () => {
  const field = <HotkeyField id="hotkey" aria-describedby="hint" value="F8" onChange={vi.fn()} />
  const { host } = renderOver({ 'hotkey:works': () => false }, field)
  const told = () => screen.getByRole('alert').textContent
  await waitFor(() => expect(told()).toBe('Another program has F8. Choose other keys.'))

  act(() => host.tell('hotkey:works', true))

  expect(told()).toBe('')
})

test('a letter alone is refused, and the field listens on', () => {
  const { host, button } = recordHotkey({}, 'KeyK', {})

  expect(screen.getByRole('alert').textContent).toContain('Add Ctrl')
  expect(button.textContent).toContain('Press the keys')
  expect(host.calls.some(([channel]) => channel === 'hotkey:try')).toBe(false)
})

test('Esc leaves the hotkey as it is, and the old one works again', async () => {
  const { host, onChange, button } = recordHotkey({}, 'Escape', { key: 'Escape' })

  expect(button.textContent).toBe('F8')
  expect(onChange).not.toHaveBeenCalled()
  await waitFor(() =>
    expect(host.calls.filter(([channel]) => channel === 'hotkey:pause')).toEqual([
      ['hotkey:pause', true],
      ['hotkey:pause', false],
    ]),
  )
})

test('hotwords are read one per line, without repeats and empty lines', () => {
  expect(parseHotwords(' Sotto\r\n\n北京 \nSotto\n')).toEqual({
    kind: 'words',
    words: ['Sotto', '北京'],
  })
})

test('hotwords that are too long or too many are refused', () => {
  expect(parseHotwords(`ok\n${'𠮷'.repeat(65)}`)).toEqual({ kind: 'too-long', line: 2 })
  expect(parseHotwords('𠮷'.repeat(64)).kind).toBe('words')
  const many = Array.from({ length: 257 }, (_, index) => `word${index}`).join('\n')
  expect(parseHotwords(many)).toEqual({ kind: 'too-many', count: 257 })
})

test('hotwords are kept once the person stops typing', () => {
  vi.useFakeTimers()
  const onChange = vi.fn()
  renderOver({}, <HotwordsEditor words={['Sotto']} onChange={onChange} />)

  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'Sotto\nZeroMQ' } })
  const atOnce = onChange.mock.calls.length
  act(() => void vi.advanceTimersByTime(1000))

  expect(atOnce).toBe(0)
  expect(onChange).toHaveBeenCalledExactlyOnceWith(['Sotto', 'ZeroMQ'])
})

test('texts go over https, or to this machine', () => {
  const good = ['https://api.example.com/v1', 'http://localhost:11434/v1', 'http://127.0.0.1/v1']
  const bad = ['http://api.example.com/v1', 'ftp://example.com', 'api.example.com', '']

  expect(good.filter(isServiceAddress)).toEqual(good)
  expect(bad.filter(isServiceAddress)).toEqual([])
})

test('an address that is not safe is told and not kept', async () => {
  const { host } = renderOver(
    { 'secrets:has-key': () => false, 'config:set': () => PREFERENCES },
    <CleaningSection preferences={PREFERENCES} />,
  )
  const field = screen.getByRole('textbox', { name: 'Address of the service' })

  fireEvent.change(field, { target: { value: 'http://api.example.com' } })
  fireEvent.blur(field)

  expect(screen.getByRole('alert').textContent).toContain('not an https address')
  expect(host.calls.some(([channel]) => channel === 'config:set')).toBe(false)
})

test('the key goes in and is not shown again', async () => {
  const { host } = renderOver(
    { 'secrets:has-key': () => false, 'secrets:set-key': () => 'encrypted' },
    <KeySetting />,
  )
  const field = screen.getByLabelText<HTMLInputElement>('Key')

  fireEvent.change(field, { target: { value: ' sk-1 ' } })
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))

  await waitFor(() => expect(field.value).toBe(''))
  expect(host.calls).toContainEqual(['secrets:set-key', 'sk-1'])
  expect(field.placeholder).toBe('A key is set')
})

test('everything is deleted only after a question', async () => {
  const { host } = renderOver(
    {
      'privacy:get': () => false,
      'history:list': () => ({ entries: [], total: 0 }),
    } as Answers,
    <PrivacySection preferences={PREFERENCES} />,
  )

  fireEvent.click(screen.getByRole('button', { name: 'Delete everything' }))
  const asked = host.calls.some(([channel]) => channel === 'history:list')
  const dialog = screen.getByRole('dialog')
  fireEvent.click(
    [...dialog.querySelectorAll('button')].find((one) => one.textContent !== 'Cancel') ?? dialog,
  )

  expect(asked).toBe(false)
  await waitFor(() => expect(host.calls.some(([channel]) => channel === 'history:list')).toBe(true))
})

test('a setting that cannot be kept is taken back and told', async () => {
  const { app } = renderOver({ 'config:set': () => Promise.reject(failure('DISK_FULL')) }, null)

  const error = await app.preferences.change({ sounds: false })

  expect(error?.kind).toBe('DISK_FULL')
})
