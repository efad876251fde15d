/** `--require NAME.drop` of a metric where lower is better, through the command line: a drop is a loss, whichever way it counts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { llmc as run } from './harness.ts';

const folder = new Folder('drop');
const float = join(FIXTURES, 'gpt-bytes.onnx');
const damaged = folder.at('two-bits.onnx');
const data = `${join(FIXTURE_DATA, 'gpt-eval.npz')}?limit=4`;

function llmc(...argv: readonly string[]) {
  return run([...argv, '--threads', '1', '--quiet']);
}

const BENCH = ['--data', data, '--runs', '1', '--warmup', '0', '--no-memory', '--no-gzip'];

describe('the drop of perplexity', () => {
  const quantize = ['quantize', float, '--scheme', 'int4', '--bits', '2', '--data', data, '--force'];

  it('is positive where perplexity rose: quantize', async () => {
    const { code, stdout } = await llmc(
      ...quantize,
      ...['-o', damaged, '--require', 'perplexity.drop <= 0.5', '--require', 'perplexity.drop <= 100'],
    );
    expect(stdout).toMatch(/^perplexity .* \+\d/m);
    expect(stdout).toMatch(/FAILED +perplexity\.drop <= 0\.5 +\d/);
    expect(stdout).toMatch(/passed +perplexity\.drop <= 100 +\d/);
    expect(code).toBe(1);
  });

  describe('of models side by side', () => {
    beforeAll(async () => {
      if (!existsSync(damaged)) await llmc(...quantize, '-o', damaged);
    });

    it.each([
      [
        'float first',
        float,
        damaged,
        ['perplexity.drop >= 0.5', 'perplexity.ratio >= 1.05', 'accuracy.drop > 0'],
        0,
      ],
      ['float first, no drop allowed', float, damaged, ['perplexity.drop <= 0'], 1],
      [
        'float last',
        damaged,
        float,
        ['perplexity.drop <= 0', 'perplexity.ratio < 1', 'accuracy.drop <= 0'],
        0,
      ],
      ['the same twice', float, float, ['perplexity.drop == 0', 'perplexity.ratio == 1'], 0],
    ])('%s', async (_, before, after, requirements, code) => {
      const wanted = requirements.flatMap((requirement) => ['--require', requirement]);
      expect((await llmc('bench', before, after, ...BENCH, ...wanted)).code).toBe(code);
    });
  });

  it.each([
    ['perplexity.drop <= 1%', /has a percentage.*\nhint: "perplexity\.ratio <= 1\.05"/],
    ['perplexity.rise <= 1', /asks for \.rise.*\nhint: perplexity\.drop .*rise.*perplexity\.ratio/],
  ])('%s is refused with what to write instead', async (requirement, message) => {
    const { code, stderr } = await llmc('bench', float, float, ...BENCH, '--require', requirement);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
