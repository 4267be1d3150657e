// Runs a TypeScript program of this folder, which Node alone cannot: `node tests/run.mjs FILE`.

import { join } from 'node:path'
import { runnerImport } from 'vite'

const [file, ...args] = process.argv.slice(2)
const { module } = await runnerImport(join(import.meta.dirname, file), { configFile: false })
await module.main(...args)
