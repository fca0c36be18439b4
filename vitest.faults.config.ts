import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 120_000,
    // The load of FAULT_SECONDS is a hook of its own; it has a longer time.
    hookTimeout: 120_000,
    // Each needs both cores.
    fileParallelism: false,
  },
});
