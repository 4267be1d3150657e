import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOptions } from './options'

describe('how the web host is started', () => {
  test('without anything: any port, and folders that the system has for programs', () => {
    const options = readOptions([], { XDG_STATE_HOME: '/state', LOCALAPPDATA: '/state' })

    expect(options).toMatchObject({ port: 0, settings: {} })
    expect(options).toHaveProperty('ownFolder')
  })

  test('a folder is the one that was typed, wherever the sidecar works', () => {
    const options = readOptions(['--data-dir', 'mine', '--engine', 'any'], {
      SOTTO_DATA_DIR: '/no',
    })

    expect(options).toMatchObject({ settings: { data_dir: resolve('mine'), engine: 'any' } })
    expect(options).toMatchObject({ ownFolder: join(resolve('mine'), 'host') })
  })

  test('an empty folder is none, not the one that we are in', () => {
    const options = readOptions([], { SOTTO_DATA_DIR: '' })

    expect(options).toMatchObject({ settings: {} })
    expect(options).not.toMatchObject({ settings: { data_dir: resolve('') } })
  })

  test.each(['-1', '65536', '80a', '', '1e3'])('the port %j is refused', (port) => {
    expect(() => readOptions([`--port=${port}`], {})).toThrow('from 0 to 65535')
  })

  test('what it does not know is refused', () => {
    expect(() => readOptions(['--host', '0.0.0.0'], {})).toThrow("'--host'")
  })
})
