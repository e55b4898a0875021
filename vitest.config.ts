import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
      'test/**/*.test.ts',
      '.doctest/**/*.test.ts',
    ],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Worker threads, native hashes and file descriptors are under test: each file gets a process of its own.
    pool: 'forks',
    maxWorkers: 2,
  },
})
