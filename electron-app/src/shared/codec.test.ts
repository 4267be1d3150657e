import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encode } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'
import {
  decodeClientMessage,
  decodeResult,
  decodeServerMessage,
  encodeNotification,
  encodeRequest,
  ProtocolError,
} from './codec'
import type * as protocol from './protocol'
import {
  METHODS,
  type MethodName,
  NOTIFICATIONS,
  type NotificationName,
  type Notifications,
} from './protocol'

interface Ok {
  readonly name: string
  readonly type: string
  readonly json: Record<string, unknown>
  readonly frames_hex: readonly string[]
}

interface Bad {
  readonly name: string
  readonly about: string
  readonly from: 'client' | 'sidecar'
  readonly type?: string
  readonly frames_hex: readonly string[]
}

function vectors<T>(kind: 'ok' | 'bad'): T[] {
  const folder = new URL(`../../../ipc-schema/vectors/${kind}/`, import.meta.url)
  const names = readdirSync(fileURLToPath(folder)).sort()
  return names.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T)
}

/** "91*3 c0" is 91 91 91 c0. */
function bytesOf(pieces: string): Uint8Array {
  const hex = pieces.split(' ').map((piece) => {
    const [digits = '', count = '1'] = piece.split('*')
    return digits.repeat(Number(count))
  })
  return new Uint8Array(Buffer.from(hex.join(''), 'hex'))
}

function methodOf(resultType: string): MethodName {
  const names = Object.keys(METHODS) as MethodName[]
  const found = names.find((name) => METHODS[name].isResult.name === `is${resultType}`)
  if (found === undefined) throw new Error(`no method answers ${resultType}`)
  return found
}

/** Read a message to the end, as its receiver would. */
function read(from: 'client' | 'sidecar', frames: Uint8Array[], type?: string): unknown {
  if (from === 'client') return decodeClientMessage(frames)
  const message = decodeServerMessage(frames)
  if ('result' in message && type !== undefined) decodeResult(methodOf(type), message)
  return message
}

function senderOf({ json }: Ok): 'client' | 'sidecar' {
  if ('result' in json || 'error' in json) return 'sidecar'
  const method = json['method'] as string
  return method in METHODS ? 'client' : NOTIFICATIONS[method as NotificationName].source
}

function headerOf({ json }: Ok): Uint8Array {
  const { id, method, params, meta } = json as never as protocol.Request
  if (!('method' in json)) return encode(json, { sortKeys: true })
  if (!('id' in json)) return encodeNotification(method as '$/cancel', params as never)
  return encodeRequest(id, method as 'sys.ping', params as never, meta.tmo)
}

describe('golden vectors', () => {
  test.each(vectors<Ok>('ok'))('$name is read as its JSON', (vector) => {
    const message = read(senderOf(vector), vector.frames_hex.map(bytesOf), vector.type)

    expect(message).toEqual(vector.json)
  })

  test.each(vectors<Ok>('ok'))('$name is written to the same bytes', (vector) => {
    const header = headerOf(vector)

    expect(Buffer.from(header).toString('hex')).toBe(vector.frames_hex[0])
  })

  test.each(vectors<Bad>('bad'))('$name is refused: $about', (vector) => {
    const frames = vector.frames_hex.map(bytesOf)

    expect(() => read(vector.from, frames, vector.type)).toThrow(ProtocolError)
  })
})

describe('reading', () => {
  test('ignores fields that a later version has added', () => {
    const json = { id: 1, jsonrpc: '2.0', news: [{}], result: { later: { a: 1 }, uptime_ms: 3 } }
    const message = decodeServerMessage([encode(json, { sortKeys: true })])

    expect(decodeResult('sys.ping', message as protocol.Result).uptime_ms).toBe(3)
  })

  test('refuses an integral number that is written as a float', () => {
    const header = bytesOf('83a2696401a76a736f6e727063a3322e30a6726573756c7481a9757074696d655f6d73')
    const float = bytesOf('cb3ff0000000000000')

    expect(() => decodeServerMessage([Buffer.concat([header, float])])).toThrow(ProtocolError)
  })
})

describe('writing', () => {
  test('refuses what the sidecar would refuse', () => {
    const audio = { k: 'upload', upload: 0 } as const

    expect(() => encodeRequest(-1, 'sys.ping', {}, 2000)).toThrow(ProtocolError)
    expect(() => encodeRequest(1, 'sys.ping', {}, 0)).toThrow(ProtocolError)
    expect(() => encodeRequest(1, 'asr.transcribe', { audio, hotwords: [''] }, 1)).toThrow(
      ProtocolError,
    )
    expect(() => encodeRequest(1, 'asr.transcribe', { audio, hotwords: ['\ud800'] }, 1)).toThrow(
      ProtocolError,
    )
  })

  test('leaves out what is undefined', () => {
    const absent = encodeNotification('$/cancel', { id: 1 })
    const undefinedField = { id: 1, later: undefined } as Notifications['$/cancel']

    expect(encodeNotification('$/cancel', undefinedField)).toEqual(absent)
  })
})
