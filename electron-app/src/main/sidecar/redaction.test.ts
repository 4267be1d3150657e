import { homedir, userInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { redactLine, withoutSecrets } from './redaction'
import { newKeyPair } from './transport'

describe('an entry of the sidecar', () => {
  test('stays as it is where it holds only numbers and short words', () => {
    const line =
      '{"t":1.5,"level":"warning","ev":"engine-not-ready","kind":"MODEL_MISSING","ok":true}'

    expect(redactLine(line, true)).toBe(line)
  })

  test('keeps where an error happened', () => {
    const line = '{"ev":"request-failed","type":"ValueError","where":["server.py:12 take"]}'

    expect(redactLine(line, true)).toBe(line)
  })

  test('loses whatever could be said, named or secret', () => {
    const { publicKey } = newKeyPair()
    const facts = {
      text: 'meet me at nine',
      chinese: '明天见',
      key: publicKey,
      path: `${homedir()}/a.wav`,
      nested: { text: 'hello' },
      where: ['meet me', 'a.py:1 f'],
      'a spoken key': 1,
      token: `sk-${'a1'.repeat(20)}`,
    }

    const kept = JSON.parse(redactLine(JSON.stringify({ ev: 'x', ...facts }), true))

    expect(kept).toEqual({
      ev: 'x',
      text: '-',
      chinese: '-',
      key: '-',
      path: '-',
      nested: '-',
      where: ['-', 'a.py:1 f'],
      token: '<long>',
    })
  })
})

describe('a line that is no entry', () => {
  test('is kept before anything was heard, without keys, homes and other paths', () => {
    const { secretKey } = newKeyPair()
    const line = `cannot open "${homedir()}/My Files/x.so" or /opt/a b/c.py with ${secretKey}`

    const kept = redactLine(line, false)

    expect(kept).toContain('cannot open "<path>/x.so" or <path>')
    expect(kept).not.toContain(secretKey)
    expect(kept).not.toContain('My Files')
  })

  test.each([
    'Fatal Python error: Segmentation fault',
    'Traceback (most recent call last):',
    'Thread 0x00007f3a (most recent call first):',
    'Segmentation fault (core dumped)',
    'Killed',
  ])('is kept afterwards where the interpreter says it: %s', (line) => {
    expect(redactLine(line, true)).toBe(line)
  })

  test('of a traceback keeps the file, not the folder', () => {
    const line = `  File "${homedir()}/work/sidecar/app.py", line 12 in serve`

    expect(redactLine(line, true)).toBe('  File "<path>/app.py", line 12 in serve')
  })

  test('of an error keeps its type, not its message', () => {
    expect(redactLine('ValueError: invalid literal: "call my mother"', true)).toBe('ValueError: -')
  })

  test('of anybody else is only counted afterwards', () => {
    expect(redactLine('heard: call my mother', true)).toBe('(a line of 21 characters)')
    expect(redactLine('{"text": "call my mother"}', true)).toBe('(a line of 26 characters)')
    expect(redactLine('Killed by my mother', true)).toBe('(a line of 19 characters)')
  })
})

test('random secrets in random places never come through', () => {
  const random = seeded(7)
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
  for (let round = 0; round < 500; round += 1) {
    const secret = newKeyPair().secretKey
    const places = [homedir(), '/mnt/data', 'C:\\Users\\somebody']
    const path = `${pick(places)}/private-${round}/note.wav`
    const quote = pick(['"', "'", '', '(']) ?? ''
    const line = `${pick(['no', 'warning:', 'x='])} ${quote}${path}${quote} ${secret}${pick(['', '.', ' end'])}`

    const kept = withoutSecrets(line)

    expect(kept).not.toContain(secret)
    expect(kept).not.toContain(`private-${round}`)
    if (userInfo().username.length > 3) expect(kept).not.toContain(userInfo().username)
  }
})

/** Numbers from 0 to 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
