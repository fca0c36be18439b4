import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/faults/**'],
    globalSetup: 'test/helpers/build-worker.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
