import { describe, expect, test } from 'vitest'
import type { Invocation } from '../../shared/ipc'
import { ARGUMENTS, badArgument } from './arguments'

const RECORDING = '0123456789abcdef0123456789abcdef'
const TOO_LONG = 'x'.repeat(2_097_153)

/** For each channel: what fits, and for each argument what does not. */
const CASES: { readonly [C in Invocation]: { fits: unknown[][]; bad: unknown[][] } } = {
  'host:info': { fits: [[]], bad: [] },
  'sidecar:status': { fits: [[]], bad: [] },
  'sidecar:restart': { fits: [[]], bad: [] },
  'sidecar:report': { fits: [[]], bad: [] },
  'engines:list': { fits: [[]], bad: [] },
  'dictation:open': {
    fits: [[{ isPrivate: true }], [{ isPrivate: false, later: 1 }]],
    bad: [[undefined, null, {}, { isPrivate: 1 }, [], true, 'private', new Uint8Array(2)]],
  },
  'dictation:stop': { fits: [[0], [4_294_967_295]], bad: [[-1, 1.5, '1', 4_294_967_296, null]] },
  'dictation:cancel': {
    fits: [[1, true]],
    bad: [
      [{}, Number.NaN],
      [undefined, 0, 'yes'],
    ],
  },
  'dictation:skip-polish': { fits: [[3]], bad: [[undefined, Number.POSITIVE_INFINITY]] },
  'text:insert': { fits: [['a'], ['你好\n']], bad: [['', 1, null, 'a\0b', '\ud800', TOO_LONG]] },
  'text:copy': { fits: [['a']], bad: [['', {}, TOO_LONG]] },
  'recordings:list': { fits: [[]], bad: [] },
  'recordings:recover': { fits: [[RECORDING]], bad: [['../x', RECORDING.toUpperCase(), 1]] },
  'recordings:discard': { fits: [[RECORDING]], bad: [['', `${RECORDING}0`, null]] },
  'history:list': {
    fits: [[{}], [{ query: '你好', limit: 50, before: 3, starred: true, trashed: false }]],
    bad: [[undefined, [], { limit: 0 }, { limit: 201 }, { query: 1 }, { before: 0 }]],
  },
  'history:get': { fits: [[1]], bad: [[0, '1', 2 ** 53, undefined]] },
  'history:update': {
    fits: [[{ entry: 1, text: 'new' }], [{ entry: 1, starred: true }]],
    bad: [[{}, { entry: 0 }, { entry: 1, text: 5 }, { entry: 1, starred: 'yes' }, null]],
  },
  'history:delete': {
    fits: [[[1, 2], false]],
    bad: [
      [[], [0], 1, ['1']],
      [null, 1],
    ],
  },
  'history:audio': { fits: [[1]], bad: [[-1, null]] },
  'history:retranscribe': {
    fits: [
      [1, null],
      [1, 'builtin'],
    ],
    bad: [[0], ['', '../x', 'Builtin', undefined, 1]],
  },
  'work:stop': {
    fits: [[`recording:${RECORDING}`], ['entry:1']],
    bad: [['entry:0', 'entry:', 'recording:../x', `${RECORDING}`, 'model:x', 1, null]],
  },
  'history:export': { fits: [[[1], 'srt']], bad: [[[]], ['docx', undefined, 'constructor']] },
  'models:list': { fits: [[]], bad: [] },
  'models:install': {
    fits: [
      ['qwen3-asr-0.6b', null],
      ['a', 'huggingface'],
    ],
    bad: [
      ['', '../a', 'a/b', 1],
      ['', 1, undefined],
    ],
  },
  'models:import': { fits: [['/models/a']], bad: [['', 'a\0b', 'x'.repeat(4097), 1]] },
  'models:verify': { fits: [['a']], bad: [['A', null]] },
  'models:remove': { fits: [['a']], bad: [['.', '..', null]] },
  'models:stop': { fits: [['a'], ['/models/a']], bad: [['', 1]] },
  'models:pick-folder': { fits: [[]], bad: [] },
  'models:speeds': { fits: [[]], bad: [] },
  'config:get': { fits: [[]], bad: [] },
  'config:set': {
    fits: [[{}], [{ theme: 'dark', hotwords: ['Sotto'] }]],
    bad: [[null, { theme: 'pink' }, { tail_ms: 2001 }, { hotwords: [''] }, { onboarded: 1 }]],
  },
  'secrets:has-key': { fits: [[]], bad: [] },
  'secrets:set-key': { fits: [[''], ['sk-1']], bad: [[1, null, 'x'.repeat(513), 'a\0']] },
  'llm:try': {
    fits: [['https://a.example/v1', 'm']],
    bad: [
      ['', 1],
      ['', null],
    ],
  },
  'hotkey:try': { fits: [['CommandOrControl+D']], bad: [['', 1, 'x'.repeat(65)]] },
  'hotkey:pause': { fits: [[true]], bad: [['true', undefined]] },
  'hotkey:works': { fits: [[]], bad: [] },
  'private:get': { fits: [[]], bad: [] },
  'private:set': { fits: [[false]], bad: [[0, null]] },
  'window:show': { fits: [['history']], bad: [['desktop', '', 1, '__proto__']] },
  'window:hide-pill': { fits: [[]], bad: [] },
}

const channels = Object.keys(ARGUMENTS) as Invocation[]

describe.each(channels)('%s', (channel) => {
  test('takes what fits', () => {
    const { fits } = CASES[channel]

    const verdicts = fits.map((args) => badArgument(channel, args))

    expect(fits.length).toBeGreaterThan(0)
    expect(verdicts).toEqual(fits.map(() => null))
  })

  test('refuses each bad argument and says which it is', () => {
    const { fits, bad } = CASES[channel]
    const good = fits[0] ?? []

    const verdicts = bad.map((values, at) =>
      values.map((value) => badArgument(channel, good.with(at, value))),
    )

    expect(bad.length).toBe(ARGUMENTS[channel].length)
    expect(verdicts).toEqual(bad.map((values, at) => values.map(() => at + 1)))
  })

  test('refuses an argument too many, and one too few', () => {
    const [good = []] = CASES[channel].fits

    const tooMany = badArgument(channel, [...good, 'more'])
    const tooFew = good.length > 0 ? badArgument(channel, good.slice(0, -1)) : good.length

    expect(tooMany).toBe(good.length + 1)
    expect(tooFew).toBe(good.length)
  })
})
