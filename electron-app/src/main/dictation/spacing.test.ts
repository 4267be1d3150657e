import { execFileSync } from 'node:child_process'
import { expect, test, vi } from 'vitest'
import { CHECKOUT, program } from '../sidecar/testing'
import { codePoints, following } from './spacing'

vi.setConfig({ testTimeout: 30_000 }) // for a machine that has much else to do

const PIECES = [
  'good morning',
  'everyone.',
  '今天很好',
  '我用',
  'Python',
  '。',
  'สวัสดี',
  '안녕하세요',
  'カタカナ',
  '𠀀𠀁',
  '👍🏽',
  '(yes)',
  '',
]

const JOIN = `
import json, sys
sys.path.insert(0, ${JSON.stringify(CHECKOUT)})
from sidecar.text.spacing import join_pieces
print(json.dumps([[join_pieces((a, b)) for b in json.loads(sys.argv[1])] for a in json.loads(sys.argv[1])]))
`

test('texts are joined as the sidecar joins them', () => {
  const joined = PIECES.map((before) => PIECES.map((text) => before + following(before, text)))

  const output = execFileSync(program().path, ['-c', JOIN, JSON.stringify(PIECES)])
  expect(joined).toEqual(JSON.parse(output.toString()))
})

test('a space that is there is not doubled', () => {
  expect(following('one ', 'two')).toBe('two')
  expect(following('one', ' two')).toBe(' two')
  expect(following('很', ' 好')).toBe('好')
})

test('lengths count characters beyond the first plane once', () => {
  expect(codePoints('a𠀀👍')).toBe(3)
})
