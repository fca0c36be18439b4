import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/helpers/build-worker.ts', 'test/e2e/install.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Most of their time is waiting: for alerts, for isolates, for what is installed.
    maxWorkers: '100%',
  },
});
