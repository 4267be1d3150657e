// What runs under Node: Electron's main process and preload, and the web host.

import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    ssr: true,
    outDir: 'out/node',
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    rollupOptions: {
      input: { web: 'src/web/index.ts' },
      external: ['electron', 'zeromq'],
    },
  },
})
