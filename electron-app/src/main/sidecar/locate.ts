// Which program is the sidecar.

import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Environment } from './environment'
import { sidecarDown } from './errors'
import type { Program } from './process'

export interface Surroundings {
  readonly env: Environment
  /** Where a packaged app keeps what it came with; undefined for a checkout. */
  readonly resourcesPath: string | undefined
  /** Where our own code is: a checkout is looked for from there upwards. */
  readonly from: string
}

const IS_WINDOWS = process.platform === 'win32'

/** Throws SIDECAR_DOWN where there is none. */
export function locateSidecar({ env, resourcesPath, from }: Surroundings): Program {
  const chosen = env['SOTTO_SIDECAR']
  if (chosen) return chosenProgram(chosen)
  const found = resourcesPath === undefined ? inCheckout(from) : inPackage(resourcesPath)
  if (found !== undefined) return found
  throw sidecarDown(
    'The sidecar is not where it should be: install Sotto again, or name it in SOTTO_SIDECAR.',
  )
}

function chosenProgram(path: string): Program {
  if (isAbsolute(path) && existsSync(path)) return { path, args: [] }
  throw sidecarDown('SOTTO_SIDECAR must be the absolute path of the sotto program.')
}

function inPackage(resourcesPath: string): Program | undefined {
  const path = join(resourcesPath, 'sidecar', IS_WINDOWS ? 'sotto.exe' : 'sotto')
  return existsSync(path) ? { path, args: [] } : undefined
}

function inCheckout(folder: string): Program | undefined {
  const python = join(folder, '.venv', IS_WINDOWS ? 'Scripts/python.exe' : 'bin/python')
  if (existsSync(python) && existsSync(join(folder, 'sidecar', '__main__.py'))) {
    // -P: the folder it is started in must not decide which modules it loads.
    return { path: python, args: ['-P', '-m', 'sidecar'] }
  }
  const above = dirname(folder)
  return above === folder ? undefined : inCheckout(above)
}
