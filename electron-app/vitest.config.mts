import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Tests that start processes wait for them most of the time: on two cores, Vitest's own
    // choice would be one file at a time.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'node',
          include: ['src/{main,preload,shared,web}/**/*.test.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'renderer',
          include: ['src/renderer/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
        },
      },
    ],
  },
})
