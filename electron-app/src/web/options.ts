// How the web host is started.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { SidecarSettings } from '../main/sidecar/process'

export const USAGE = `Usage: npm run web -- [--port PORT] [--data-dir FOLDER] [--engine NAME]

Serves Sotto to the browsers of this machine. The link that it prints is good for one browser.

  --port PORT        where to listen on 127.0.0.1; any free port if left out. With the same port
                     each time a browser remembers that it may use the microphone.
  --data-dir FOLDER  where models, recordings, history and logs are kept
  --engine NAME      what dictation uses where nothing else is chosen in the settings

SOTTO_* variables of the environment reach the sidecar.`

export interface Options {
  readonly port: number
  readonly settings: SidecarSettings
  /** The host's own, for logs and what it could not give to a sidecar. */
  readonly ownFolder: string
}

/** Throws an Error with a sentence for who typed it. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '0' },
      'data-dir': { type: 'string' },
      engine: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  // Empty is as good as unset: it would be the folder that we happen to be started in.
  const given = values['data-dir'] || env['SOTTO_DATA_DIR']
  const dataDir = given ? resolve(given) : undefined
  return {
    port: portIn(values.port),
    settings: {
      ...(dataDir !== undefined && { data_dir: dataDir }),
      ...(values.engine !== undefined && { engine: values.engine }),
    },
    ownFolder: dataDir === undefined ? defaultFolder(env) : join(dataDir, 'host'),
  }
}

function portIn(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new Error('--port must be a number from 0 to 65535.')
}

/** Where the system wants what a program keeps for itself. */
function defaultFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = homedir()
  if (process.platform === 'darwin')
    return join(home, 'Library', 'Application Support', 'Sotto Web')
  if (process.platform === 'win32') {
    return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Sotto Web')
  }
  return join(env['XDG_STATE_HOME'] ?? join(home, '.local', 'state'), 'sotto-web')
}
