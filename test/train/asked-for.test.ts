/** Options of a training mean nothing without one, and saying nothing about that would hide it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { llmc } from '../cli/harness.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';

const folder = new Folder('asked-for');
const MODEL = join(FIXTURES, 'rnn-lstm.onnx');
const COMMANDS = [
  ['--recover finetune', ['prune', MODEL, '--sparsity', '0.3']],
  ['--qat', ['quantize', MODEL, '--scheme', 'int8-weights']],
] as const;
const SHARED = [
  ['--lr', '0.1'],
  ['--alpha', '0.5'],
  ['--frozen-batchnorm'],
  ['--checkpoint', folder.at('work')],
  ['--resume'],
  ['--save-graph', folder.at('graph.onnx')],
];

describe.each(COMMANDS)('without %s', (flag, command) => {
  const own =
    flag === '--qat'
      ? [
          ['--epochs', '2'],
          ['--qat-scales', 'learned'],
        ]
      : [['--finetune-epochs', '2']];
  it.each([...SHARED, ...own].map((given) => [given]))('%j is refused', async (given) => {
    const { code, stderr } = await llmc([...command, ...given, '-o', folder.at('o.onnx')]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${given[0]} is for ${flag}`);
    for (const name of ['o.onnx', 'graph.onnx', 'work']) expect(existsSync(folder.at(name))).toBe(false);
  });
});

describe('distill refuses what would do nothing, or says two things', () => {
  const DISTILL = [
    'distill',
    MODEL,
    '--student-from',
    'copy',
    '--data',
    join(FIXTURES, '../data/rnn-eval.npz'),
  ];
  it.each([
    [['--loss', 'kd=1', '--alpha', '0.5'], /--alpha and --loss/],
    [['--loss', 'kd=0'], /weight 0/],
    [['--metric', 'accuracy'], /--metric judges/],
    [['--patience', '2'], /--patience counts/],
    [['--momentum', '0.9'], /--momentum is of sgd, not of adamw/],
    [['--nesterov', '--optimizer', 'lion'], /--nesterov is of sgd, not of lion/],
    [['--nesterov', '--optimizer', 'sgd'], /without momentum/],
    [['--steps', '2', '--epochs', '3'], /both say how long/],
    [['--teacher-cache-size', '1GB'], /is of --teacher-cache/],
    [['--checkpoint', MODEL], /the folder of --checkpoint .* a file is in the way/],
    // Node's own recursive mkdir never returned from here.
    ...(process.platform === 'linux'
      ? [[['--checkpoint', '/proc/none/folder'], /the folder of --checkpoint/] as [string[], RegExp]]
      : []),
  ] as [string[], RegExp][])('%j', async (given, said) => {
    const { code, stderr } = await llmc([...DISTILL, ...given, '-o', folder.at('d.onnx')]);
    expect(stderr).toMatch(said);
    expect(code).toBe(2);
    expect(existsSync(folder.at('d.onnx'))).toBe(false);
  });
});
