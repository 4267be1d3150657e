// The renderer: one page, for Electron's windows and for browsers alike.

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src/renderer',
  base: './',
  plugins: [react()],
  build: { outDir: '../../out/renderer', emptyOutDir: true, target: 'chrome140', sourcemap: true },
})
