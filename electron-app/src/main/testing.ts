// The hosts as they are built, for tests that start them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBuilder } from 'vite'

const ROOT = join(import.meta.dirname, '../..')

export interface BuiltHosts {
  /** With the bundles, and room for what they write. */
  readonly folder: string
  /** For sockets: elsewhere, since their paths must be short. */
  readonly runtimeFolder: string
  remove(): void
}

/** Build them, with a page that is one only in name. */
export async function buildHosts(): Promise<BuiltHosts> {
  // Within node_modules a bundle finds its native parts, and the checkout its sidecar.
  const parent = join(ROOT, 'node_modules', '.sotto-test')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'hosts-'))
  const runtimeFolder = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  const builder = await createBuilder({
    root: ROOT,
    configFile: join(ROOT, 'vite.node.config.mts'),
    logLevel: 'error',
    build: { outDir: folder },
  })
  await builder.buildApp()
  mkdirSync(join(folder, 'renderer'))
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>Sotto</title>')
  return {
    folder,
    runtimeFolder,
    remove: () => {
      for (const each of [folder, runtimeFolder]) rmSync(each, { recursive: true, force: true })
    },
  }
}
