import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Parts of paths of tests that run many processes or whole models. */
const LONG = [
  'test/docs/readme',
  'data-process',
  'test/properties/',
  'test/onnx/fuzz',
  '-process',
  'test/browser/',
];

/** Without a record of past runs, longest files first by what they do: else one worker may end alone with the README. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((part) => moduleId.includes(part));
      return at < 0 ? LONG.length : at;
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

/** Modules are loaded once for a worker, which saves a fifth of the time; a file that mocks modules needs its own. */
const mocked = 'test/**/*.mocked.test.ts';

export default defineConfig({
  test: {
    // Guards against hangs, not against slow machines.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
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
