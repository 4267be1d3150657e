// What runs under Node, and Electron's preload: one file each, since a preload in a sandbox can
// load no other.

import { builtinModules } from 'node:module'
import { defineConfig, type EnvironmentOptions } from 'vite'

// zeromq and uiohook-napi have native parts; the last two are optional accelerators of ws.
const EXTERNAL = ['electron', 'zeromq', 'uiohook-napi', 'bufferutil', 'utf-8-validate']
const BUILT_IN = builtinModules.flatMap((name) => [name, `node:${name}`])

function bundle(input: string, output: string): EnvironmentOptions {
  return {
    consumer: 'server',
    resolve: { noExternal: true, external: EXTERNAL, builtins: BUILT_IN },
    build: {
      rolldownOptions: {
        input,
        external: [...EXTERNAL, ...BUILT_IN],
        output: {
          format: 'cjs',
          entryFileNames: output,
          codeSplitting: false,
          dynamicImportInCjs: false, // one loader, require, finds the native parts in the archive
        },
      },
    },
  }
}

export default defineConfig({
  publicDir: false,
  build: {
    outDir: 'out',
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    sourcemap: true,
  },
  environments: {
    web: bundle('src/web/index.ts', 'node/web.js'),
    main: bundle('src/main/electron/index.ts', 'main/index.js'),
    preload: bundle('src/preload/index.ts', 'preload/index.cjs'),
  },
  builder: {
    buildApp: async (builder) => {
      for (const name of ['web', 'main', 'preload']) {
        const environment = builder.environments[name]
        if (environment !== undefined) await builder.build(environment)
      }
    },
  },
})
