import { readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Parts of paths of tests that run many processes or whole models, the longest first. */
const LONG = [
  'test/docs/readme',
  'test/onnx/fuzz',
  'test/browser/',
  'test/properties/',
  'test/ci/',
  '-process',
  'test/onnx/processes',
  'test/quantize/language/decoders',
  'test/quantize/graphs',
  'test/quantize/static/qoperator',
  'test/prune/',
];

const tests = readdirSync(new URL('test', import.meta.url), { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path.split(sep).join('/')}`)
  .filter((path) => path.endsWith('.test.ts'));
const gone = LONG.filter((part) => !tests.some((path) => path.includes(part)));
if (gone.length > 0) throw new Error(`vitest.config.ts names tests that do not exist: ${gone.join(', ')}`);

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
