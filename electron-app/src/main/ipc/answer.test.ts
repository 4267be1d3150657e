import { expect, test } from 'vitest'
import { SidecarError } from '../sidecar/errors'
import { answer, type Handlers } from './answer'

const never = () => {
  throw new Error('nothing unexpected was meant to happen')
}

/** Handlers of which those that are given act, and the rest must not be reached. */
function handlersWith(some: Partial<Handlers>): Handlers {
  return new Proxy(some as Handlers, {
    get: (given, channel) => Reflect.get(given, channel) ?? never,
  })
}

test('what a handler gives is the answer', async () => {
  const handlers = handlersWith({ 'private:get': () => true })

  const envelope = await answer(handlers, 'private:get', [], never)

  expect(envelope).toEqual({ ok: true })
})

test('a handler does not act on arguments that do not fit', async () => {
  const acted: unknown[] = []
  const handlers = handlersWith({ 'recordings:discard': async () => void acted.push(1) as never })

  const envelope = await answer(handlers, 'recordings:discard', ['../../etc'], never)

  expect(envelope).toMatchObject({ error: { kind: 'BAD_ARGUMENTS', retryable: false } })
  expect(acted).toEqual([])
})

test.each(['sidecar:explode', 'constructor', '__proto__', '', null, 7])(
  'the channel %s is refused',
  async (channel) => {
    const envelope = await answer(handlersWith({}), channel, [], never)

    expect(envelope).toMatchObject({ error: { kind: 'BAD_ARGUMENTS' } })
  },
)

test.each([undefined, null, 'args', { length: 0 }])(
  'arguments must be a list, not %s',
  async (args) => {
    const envelope = await answer(handlersWith({}), 'private:get', args, never)

    expect(envelope).toMatchObject({ error: { kind: 'BAD_ARGUMENTS' } })
  },
)

test('an error of the sidecar reaches the page with its kind and its sentence', async () => {
  const handlers = handlersWith({
    'models:list': () => {
      throw new SidecarError('DISK_FULL', 'There is no room left.', { detail: '3 GB' })
    },
  })

  const envelope = await answer(handlers, 'models:list', [], never)

  const error = { kind: 'DISK_FULL', message: 'There is no room left.', retryable: true }
  expect(envelope).toEqual({ error: { ...error, detail: '3 GB' } })
})

test('of an unexpected error the page learns an id, and the log the rest', async () => {
  const logged: unknown[] = []
  const oops = new Error('cannot open /home/somebody/secret.db')
  const handlers = handlersWith({
    'config:get': () => Promise.reject(oops),
  })

  const envelope = await answer(handlers, 'config:get', [], (...all) => logged.push(all))

  expect(envelope).toMatchObject({ error: { kind: 'INTERNAL', retryable: false } })
  expect(JSON.stringify(envelope)).not.toMatch(/secret|home|answer\.test/)
  const id = 'error' in envelope ? envelope.error.detail : undefined
  expect(logged).toEqual([[id, 'config:get', oops]])
})
