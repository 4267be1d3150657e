// The files of the built page: those that are there at the start have an address, no others do.

import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'

const MIME: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
}

/** Path of each address, such as `/assets/index.js`; `/` is the page itself. */
export type PageFiles = ReadonlyMap<string, string>

/** Rejects where the folder cannot be read, or has no page in it. */
export async function findPageFiles(folder: string): Promise<PageFiles> {
  const files = new Map<string, string>()
  await collect(folder, '', files)
  const page = files.get('/index.html')
  if (page === undefined) throw new Error(`There is no index.html in ${folder}: build it first.`)
  return files.set('/', page)
}

/** Vite names files by their content, all but the page itself. */
export function headersOf(path: string): Record<string, string> {
  const type = extname(path)
  return {
    'Content-Type': MIME[type] ?? 'application/octet-stream',
    'Cache-Control': type === '.html' ? 'no-store' : 'no-cache',
  }
}

/** Electron's archives know no recursive readdir. */
async function collect(folder: string, address: string, files: Map<string, string>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const below = `${address}/${entry.name}`
    if (entry.isDirectory()) await collect(path, below, files)
    else if (entry.isFile() && extname(entry.name) in MIME) files.set(below, path)
  }
}
