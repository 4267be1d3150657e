import { expect, test } from 'vitest'
import { childEnvironment } from './environment'

test('what would change the code that a sidecar runs stays here', () => {
  const base = {
    PYTHONPATH: '/evil',
    PYTHONSTARTUP: '/evil.py',
    LD_PRELOAD: '/evil.so',
    DYLD_INSERT_LIBRARIES: '/evil.dylib',
    NODE_OPTIONS: '--require evil',
    ELECTRON_RUN_AS_NODE: '1',
    OPENAI_API_KEY: 'secret',
    PATH: '/bin',
  }

  expect(childEnvironment(base, {})).toEqual({
    PATH: '/bin',
    PYTHONUTF8: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONNOUSERSITE: '1',
  })
})

test('what it needs goes along: its own settings, folders, language, the way out', () => {
  const base = { SOTTO_ENGINE: 'x', HOME: '/h', LC_ALL: 'C', https_proxy: 'p', SystemRoot: 'W' }

  expect(childEnvironment(base, {})).toMatchObject(base)
})

test('what is asked for explicitly wins', () => {
  expect(childEnvironment({ HOME: '/a' }, { HOME: '/b', PYTHONPATH: '/c' })).toMatchObject({
    HOME: '/b',
    PYTHONPATH: '/c',
  })
})
