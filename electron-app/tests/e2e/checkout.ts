// What the browser's tests need of the checkout and the machine.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const APP = join(import.meta.dirname, '../..')
export const CHECKOUT = join(APP, '..')
export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
export const PYTHON = join(CHECKOUT, '.venv', 'bin', 'python')
/** `npm run build` puts it there. */
export const BUILD = process.env['SOTTO_BUILD'] ?? join(APP, 'out')

/** Why the app cannot be tested in a browser here; null where it can. */
export const hindrance =
  [
    [
      CHROMIUM,
      'There is no Chromium here (Debian: apt-get install chromium), or name it in CHROMIUM.',
    ],
    [PYTHON, 'There is no .venv here: `make test` sets it up.'],
    [join(BUILD, 'node', 'web.js'), 'The app is not built: `npm run build` does it.'],
  ].find(([path = '']) => !existsSync(path))?.[1] ?? null

/** What a Python script of the sidecar's surroundings prints. */
export function python(script: string, ...args: readonly string[]): Buffer {
  return execFileSync(PYTHON, ['-c', script, ...args], {
    cwd: CHECKOUT,
    maxBuffer: 256 * 1024 * 1024,
  })
}
