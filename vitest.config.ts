import { defineConfig } from 'vitest/config';

/** Modules are loaded once for a worker, which saves a fifth of the time; a file that mocks modules needs its own. */
const mocked = 'test/**/*.mocked.test.ts';

export default defineConfig({
  test: {
    // Guards against hangs, not against slow machines.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: ['test/corpus/**', 'test/benchmark/**', mocked],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'mocked', include: [mocked] } },
    ],
  },
});
