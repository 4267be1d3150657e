import { expect, test } from 'vitest'
import { unlessCancelled } from './waiting'

test('a value is waited for until it is called off', async () => {
  const off = new AbortController()
  const never = unlessCancelled(new Promise<string>(() => {}), off.signal)

  expect(await unlessCancelled(Promise.resolve('there'), off.signal)).toBe('there')
  await expect(unlessCancelled(Promise.reject(new Error('no')), off.signal)).rejects.toThrow('no')
  off.abort()

  expect(await never).toBeNull()
})

test('what was called off may fail later without ending the process', async () => {
  const unheard: unknown[] = []
  const listen = (reason: unknown) => unheard.push(reason)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listen)

  const before = await unlessCancelled(Promise.reject(new Error('no')), AbortSignal.abort())
  await new Promise(setImmediate)
  process.off('unhandledRejection', listen)
  for (const other of others) process.on('unhandledRejection', other)

  expect(before).toBeNull()
  expect(unheard).toEqual([])
})
