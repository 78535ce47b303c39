import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Of two processors vitest would leave one idle, though many tests wait for the disk and for other processes.
    maxWorkers: '100%',
  },
});
