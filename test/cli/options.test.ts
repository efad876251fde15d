import { describe, expect, it } from 'vitest';
import { type CommandSpec, defineCommand } from '../../src/cli/command.ts';
import { benchSpec } from '../../src/cli/commands/bench.options.ts';
import { compareSpec } from '../../src/cli/commands/compare.options.ts';
import { completionSpec } from '../../src/cli/commands/completion.options.ts';
import { convertSpec } from '../../src/cli/commands/convert.options.ts';
import { demoSpec } from '../../src/cli/commands/demo.options.ts';
import { inspectSpec } from '../../src/cli/commands/inspect.options.ts';
import { opsSpec } from '../../src/cli/commands/ops.options.ts';
import { quantizeSpec } from '../../src/cli/commands/quantize.options.ts';
import { reportSpec } from '../../src/cli/commands/report.options.ts';
import { commonOptions } from '../../src/cli/common-options.ts';
import { cliReference } from '../../src/cli/reference.ts';
import { metrics } from '../../src/data/metrics/table.ts';
import { longFlag, shortFlag, takesValue } from '../../src/options/option.ts';
import { llmc } from './harness.ts';

const specs: readonly CommandSpec[] = [
  inspectSpec,
  convertSpec,
  quantizeSpec,
  benchSpec,
  compareSpec,
  reportSpec,
  opsSpec,
  demoSpec,
  completionSpec,
];

/** What a handler would receive for these arguments. */
async function received<const S extends CommandSpec>(spec: S, argv: readonly string[]) {
  let call: unknown;
  const table = [
    defineCommand(spec, async () => ({
      run: async (given) => {
        call = given;
        return 0;
      },
    })),
  ];
  const ran = await llmc([spec.name, ...argv], { table });
  return { ...ran, call: call as { operands: Record<string, unknown>; options: Record<string, unknown> } };
}

describe('command tables', () => {
  it.each(specs.map((spec) => [spec.name, spec] as const))(
    '%s: names, flags and examples agree',
    async (_, spec) => {
      const forms = [...Object.values(spec.options), ...Object.values(commonOptions)].flatMap(
        ({ forms }) => forms,
      );
      const flags = forms.flatMap((form) =>
        [longFlag(form), shortFlag(form)].filter((flag) => flag !== null),
      );
      expect(new Set(flags).size, 'no flag twice').toBe(flags.length);
      expect(spec.examples.length).toBeGreaterThanOrEqual(2);
      expect(spec.examples.length).toBeLessThanOrEqual(4);
      for (const { run } of spec.examples) {
        const words = run.match(/(?:"[^"]*"|[^\s"])+/g)?.map((word) => word.replace(/"/g, '')) ?? [];
        for (const word of words.filter((each) => each.startsWith('-'))) expect(flags, run).toContain(word);
        const start = words.findIndex((word) => word.endsWith('llmc'));
        const argv = words.slice(start + 2).filter((word) => !/^[>)]/.test(word) && !word.includes('~'));
        const cleaned = argv.map((word) => word.replace(/\)$/, ''));
        const { code, stderr } = await received({ ...spec, reports: true }, withoutReports(cleaned));
        expect([code, stderr], run).toEqual([0, '']);
      }
    },
  );

  it('covers every option in help and in the reference', async () => {
    const reference = cliReference(specs);
    for (const spec of specs) {
      const { stdout } = await received(spec, ['--help']);
      for (const { forms } of [...Object.values(spec.options), ...Object.values(commonOptions)]) {
        for (const form of forms) {
          expect(stdout).toContain(form.flags);
          expect(reference).toContain(`\`${form.flags}\``);
        }
      }
    }
  });

  it('says of every metric what it is, in the reference', () => {
    const reference = cliReference([]);
    for (const { name, summary } of metrics) expect(reference).toContain(`| \`${name}\` | ${summary} |`);
  });
});

/** Examples are checked for parsing; their reports would be written. */
function withoutReports(argv: readonly string[]): string[] {
  const valued = new Set(['--report', '--require']);
  return argv.filter((word, index) => !valued.has(word) && !valued.has(argv[index - 1] ?? ''));
}

describe('option values', () => {
  it('quantize without options', async () => {
    const { call } = await received(quantizeSpec, ['m.onnx']);
    expect(call.operands).toEqual({ model: 'm.onnx' });
    expect(call.options).toEqual({
      output: undefined,
      scheme: { label: 'auto', scheme: 'auto', halfFloats: false, weightsType: null },
      bits: undefined,
      blockSize: undefined,
      symmetric: undefined,
      perChannel: undefined,
      rounding: 'nearest',
      int8Layers: [],
      int8Ratio: undefined,
      format: 'default',
      include: [],
      exclude: [],
      data: undefined,
      samples: undefined,
      calibration: 'mse',
      biasCorrection: 'data',
      percentile: undefined,
      calibrationTable: undefined,
      activations: undefined,
      symmetricActivations: false,
      transform: [],
      keepFloat: undefined,
      floatShare: undefined,
      target: 'auto',
      check: 'full',
      parity: undefined,
      halfIo: false,
      weightsType: undefined,
      reduceRange: false,
      accuracyLevel: undefined,
      qat: false,
      trainData: undefined,
      epochs: undefined,
      optimizer: 'adamw',
      lr: undefined,
      schedule: 'cosine',
      batch: 32,
      alpha: undefined,
      temperature: 4,
      freeze: [],
      frozenBatchnorm: false,
      checkpoint: undefined,
      resume: false,
      saveGraph: undefined,
      externalData: 'auto',
      shardSize: undefined,
      align: 4096,
    });
  });

  it.each([
    [['--symmetric'], { symmetric: true }],
    [['--no-symmetric'], { symmetric: false }],
    [['--per-channel'], { perChannel: true }],
    [['--per-tensor'], { perChannel: false }],
    [['--exclude', 'a*', '--exclude', 'b', '--include', 'c'], { exclude: ['a*', 'b'], include: ['c'] }],
    [['--shard-size', '1.5GB', '--align', '64kib'], { shardSize: 1.5e9, align: 65_536 }],
    [['--bits', '8', '--block-size', '128'], { bits: 8, blockSize: 128 }],
    [
      ['--scheme', 'Q4F16'],
      { scheme: { label: 'q4f16', scheme: 'int4', halfFloats: true, weightsType: null } },
    ],
    [
      ['--scheme', 'uint8'],
      { scheme: { label: 'uint8', scheme: 'int8-dynamic', halfFloats: false, weightsType: 'uint8' } },
    ],
    [['--scheme=q8'], { scheme: expect.objectContaining({ scheme: 'int8-dynamic' }) }],
    [['-o', 'x.onnx'], { output: 'x.onnx' }],
  ])('quantize %j', async (argv, options) => {
    expect((await received(quantizeSpec, ['m.onnx', ...argv])).call.options).toMatchObject(options);
  });

  it('bench with dimensions and switches', async () => {
    const argv = ['a', 'b', 'c', '--dim', 'batch=4', '--dim', 'a=b=7', '--no-memory', '--time', '.5'];
    const { call } = await received(benchSpec, argv);
    expect(call.operands).toEqual({ baseline: 'a', candidate: ['b', 'c'] });
    expect(call.options).toMatchObject({ dim: { batch: 4, 'a=b': 7 }, memory: false, gzip: true, time: 0.5 });
  });

  it.each<[CommandSpec, string[], RegExp]>([
    [quantizeSpec, ['--per-channel', '--per-tensor'], /contradict/],
    [
      quantizeSpec,
      ['--scheme', 'int5'],
      /error USAGE: there is no scheme "int5"\nhint: did you mean int[48]\?/,
    ],
    [quantizeSpec, ['--scheme', 'toString'], /there is no scheme/],
    [quantizeSpec, ['--bits', '5'], /--bits "5" is not known\nhint: .*2, 3, 4, 8/],
    [quantizeSpec, ['--block-size', '33'], /--block-size "33"/],
    [quantizeSpec, ['--shard-size', '0'], /--shard-size "0" is not a size/],
    [quantizeSpec, ['--align', '8KiB'], /choices: 4KiB, 64KiB/],
    [convertSpec, [], /error USAGE: --output is missing/],
    [benchSpec, ['--dim', 'batch'], /--dim "batch" is not name=size/],
    [benchSpec, ['--dim', 'batch=0'], /--dim "batch=0"/],
    [benchSpec, ['--dim', 'N=2', '--dim', 'N=3'], /--dim gives "N" two sizes/],
    [benchSpec, ['--runs', '1.5'], /--runs "1.5" is not a whole number of at least 1/],
    [benchSpec, ['--time', 'NaN'], /--time "NaN"/],
  ])('refuses $name %j', async (spec, argv, message) => {
    const { code, stderr, call } = await received(spec, ['m.onnx', ...argv]);
    expect([code, call]).toEqual([2, undefined]);
    expect(stderr).toMatch(message);
    expect(shortFlag({ flags: '-o, --output <file>', description: '' })).toBe('-o');
    expect(takesValue({ flags: '--strip', description: '' })).toBe(false);
  });
});
