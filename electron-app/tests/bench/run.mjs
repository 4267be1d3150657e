// Runs app.ts, which Node alone cannot: `node tests/bench/run.mjs`.

import { join } from 'node:path'
import { runnerImport } from 'vite'

const { module } = await runnerImport(join(import.meta.dirname, 'app.ts'), { configFile: false })
await module.main()
