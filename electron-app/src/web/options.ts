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
  readonly logDir: string
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
  const given = values['data-dir'] ?? env['SOTTO_DATA_DIR']
  const dataDir = given === undefined ? undefined : resolve(given)
  return {
    port: portIn(values.port),
    settings: {
      ...(dataDir !== undefined && { data_dir: dataDir }),
      ...(values.engine !== undefined && { engine: values.engine }),
    },
    logDir: dataDir === undefined ? defaultLogDir(env) : join(dataDir, 'logs'),
  }
}

function portIn(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new Error('--port must be a number from 0 to 65535.')
}

/** Where the system wants logs. */
function defaultLogDir(env: Readonly<Record<string, string | undefined>>): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Logs', 'Sotto')
  if (process.platform === 'win32') {
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Sotto', 'Logs')
  }
  return join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'sotto', 'logs')
}
