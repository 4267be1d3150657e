// The whole app in a real browser: a build, a web host, a sidecar and Chromium for each file.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    // Sound is heard in real time: a machine that stands still for a moment has missed some.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
