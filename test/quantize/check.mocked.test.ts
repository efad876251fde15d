/** Results are checked before they are kept: what is refused, what --force and --check change, what the record says. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SQNR_FLOOR_DB } from '../../src/numeric/similarity.ts';
import { decodeModel, openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { describeLoss } from '../../src/quantize/layers.ts';
import { type QuantizeOptions, quantizeOptionsSchema } from '../../src/quantize/options.ts';
import { type FixedScheme, type QuantizeResult, quantizeFile } from '../../src/quantize/quantize.ts';
import { verdict } from '../../src/quantize/verdict.ts';
import { checkModel, NOTHING_CHECKED } from '../../src/runtime/check.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { fragileModel } from '../support/fragile.ts';
import { parseModel } from '../support/parse.ts';
import { graphOf } from '../support/quantize-graphs.ts';
import { noisyModel } from '../support/quantized.ts';

const folder = new Folder('check');
let count = 0;

interface Ran {
  readonly result: QuantizeResult;
  readonly output: string;
  readonly warnings: readonly string[];
}

async function run(
  input: string,
  scheme: FixedScheme,
  options: Partial<QuantizeOptions> = {},
  job: { force?: boolean; output?: string; checksum?: boolean } = {},
): Promise<Ran> {
  const { output = folder.at(`out-${count++}.onnx`), force = false, checksum = false } = job;
  const warnings: string[] = [];
  const parsed = quantizeOptionsSchema.parse({ target: 'portable', ...options, scheme });
  const context = silentContext({ threads: 1, warn: (text) => void warnings.push(text) });
  const layout = { externalData: 'auto' } as const;
  const result = await quantizeFile(
    { input, output, options: parsed, layout, force, checksum },
    scheme,
    context,
  );
  return { result, output, warnings };
}

afterEach(() => vi.restoreAllMocks());

describe('a result that fell apart', () => {
  const input = folder.save('fragile.onnx', fragileModel());

  it.for(['int8-dynamic', 'int8-weights', 'int4'] as const)(
    '%s is refused with the layers that lose most, worst first, and nothing is written',
    async (scheme) => {
      const before = folder.list();
      const refused = expect.objectContaining({
        code: 'CHECK_FAILED',
        exitCode: 1,
        message: expect.stringMatching(
          /^the result is refused: its signal-to-noise ratio is -?\d+\.\d dB, below the \d+ dB that int\S+ must keep\nthe layers that lose most:\n {2}bad \(MatMul\): -?\d+\.\d dB, from (clean inputs|inputs of \d+\.\d dB)\n {2}good \(MatMul\): /,
        ),
        hint: expect.stringContaining("--exclude 'bad'"),
      });
      await expect(run(input, scheme)).rejects.toEqual(refused);
      expect(folder.list()).toEqual(before);
    },
  );

  it('is kept with --force, and said to be bad', async () => {
    const { output, warnings, result } = await run(input, 'int8-weights', {}, { force: true });
    expect(existsSync(output)).toBe(true);
    expect(warnings.join('\n')).toMatch(
      /kept because of --force although its signal-to-noise ratio is .*\nthe layers that lose most:\n {2}bad/,
    );
    expect(result.models[1].fidelity?.sqnrDb).toBeLessThan(12);
  });

  it('is fine when the hint is followed', async () => {
    const { result } = await run(input, 'int8-weights', { exclude: ['bad'] });
    expect(result.models[1].fidelity?.sqnrDb).toBeGreaterThan(30);
  });

  it('is not looked at with --check load or none', async () => {
    for (const check of ['load', 'none'] as const) {
      const { result, warnings } = await run(input, 'int8-weights', { check });
      expect([result.models[1].fidelity, result.comparison.speedup, result.data, warnings]).toEqual([
        null,
        null,
        null,
        [],
      ]);
    }
  });
});

describe('verdict', () => {
  const fidelity = {
    against: 'x',
    cosine: 1,
    maxAbsError: 0,
    agreement: null,
    kl: null,
    samples: 1,
    synthetic: true,
    outputs: {},
  };

  it('refuses NaN and infinities whatever the ratio is', () => {
    const bad = { ...NOTHING_CHECKED, nonFinite: ['y', 'z'], fidelity: { ...fidelity, sqnrDb: 99 } };
    expect(verdict('int8-dynamic', bad)).toBe('its output "y", "z" holds NaN or infinities');
  });

  it('asks for less of fewer bits, and for nothing where answers agree', () => {
    const at = (sqnrDb: number | null, agreement: number | null = null) => ({
      ...NOTHING_CHECKED,
      fidelity: { ...fidelity, sqnrDb, agreement },
    });
    expect(verdict('fp16', at(24))).toContain('24.0 dB, below the 25 dB that fp16 must keep');
    expect(verdict('int4-4', at(5))).toBeNull();
    expect(verdict('int4-8', at(5))).not.toBeNull();
    expect(verdict('int8-dynamic', at(5, 1))).toBeNull();
    expect(verdict('int8-dynamic', at(5, 0.99))).not.toBeNull();
    expect(verdict('int8-dynamic', at(null))).toBeNull();
    expect(verdict('int8-dynamic', NOTHING_CHECKED)).toBeNull();
    expect(verdict('int4-4', at(1))).toMatch(/below the 4 dB that int4 must keep$/);
    expect(verdict('int4-2', at(-9))).toMatch(
      /^its signal-to-noise ratio is -9\.0 dB, below the -3 dB that int4 with --bits 2 must/,
    );
    for (const scheme of ['int8-dynamic', 'int4-4', 'fp16'])
      expect(verdict(scheme, at(SQNR_FLOOR_DB))).toBe(
        "its outputs have nothing in common with the input model's",
      );
  });

  it('tells of a layer what it made of what it was given', () => {
    const layer = { node: 'fc (MatMul)', value: 'y' };
    expect(describeLoss({ ...layer, sqnrDb: 12, lossDb: 68 })).toBe(
      'fc (MatMul): 12.0 dB, from clean inputs',
    );
    expect(describeLoss({ ...layer, sqnrDb: 12, lossDb: 18.5 })).toBe(
      'fc (MatMul): 12.0 dB, from inputs of 30.5 dB',
    );
    expect(describeLoss({ ...layer, sqnrDb: SQNR_FLOOR_DB, lossDb: 380 })).toBe(
      'fc (MatMul): no signal, from clean inputs',
    );
  });

  it('NaN in the result is found by running it', async () => {
    const good = folder.save('good.onnx', parseModel('g (float[N,4] x) => (float[N,4] y) { y = Abs(x) }'));
    const bad = folder.save(
      'nan.onnx',
      parseModel('g (float[N,4] x) => (float[N,4] y) { a = Abs(x) n = Neg(a) y = Log(n) }'),
    );
    const request = {
      level: 'full',
      data: undefined,
      samples: 4,
      dims: {},
      baselineBytes: 100,
      candidateBytes: 100,
    } as const;
    const result = await checkModel(good, bad, request, silentContext());
    expect(result.nonFinite).toEqual(['y']);
    expect(verdict('fp16', result)).toBe('its output "y" holds NaN or infinities');
  });
});

describe('what is compared on', () => {
  const input = join(FIXTURES, 'rnn-lstm.onnx');

  it('the data that is given, which the record names', async () => {
    const data = join(FIXTURE_DATA, 'rnn-eval.npz');
    const { result } = await run(input, 'int8-weights', { data, samples: 20 });
    expect(result.data).toMatchObject({ rows: 20, synthetic: false });
    expect(result.data?.source).toContain('rnn-eval.npz');
    expect(result.models[1].fidelity).toMatchObject({ samples: 20, synthetic: false, agreement: 1 });
  });

  it('generated inputs otherwise, and says so', async () => {
    const { result } = await run(input, 'int8-weights');
    expect(result.data).toMatchObject({ source: 'synthetic', synthetic: true });
    expect(result.models[1].fidelity?.synthetic).toBe(true);
  });

  it.for([
    ['that is missing', 'nowhere.npz', 'FILE_NOT_FOUND'],
    ['without the inputs', join(FIXTURE_DATA, 'fashion-eval.npz'), 'DATA'],
  ] as const)('data %s is an error, and nothing is written', async ([, data, code]) => {
    const before = folder.list();
    await expect(run(input, 'int8-weights', { data })).rejects.toMatchObject({ code, exitCode: 2 });
    expect(folder.list()).toEqual(before);
  });
});

describe('inputs that cannot be generated', () => {
  // Given a scalar, these kernels end the process.
  it.for([
    ['Einsum', 'y = Einsum <equation = "ij,jk->ik"> (x, w)', 'float[64,48] w = {0}'],
    ['LSTM', 'y = LSTM <hidden_size = 16> (x, w, r)', 'float[1,64,24] w = {0}, float[1,64,16] r = {0}'],
  ])(
    'one of no stated rank in front of an %s: the result is loaded but not compared',
    async ([name, node, weights]) => {
      const input = folder.save(
        `unranked-${name}.onnx`,
        noisyModel(`g (float x) => (y) <${weights}> { ${node} }`),
      );
      const proto = decodeModel(readFileSync(input));
      for (const value of proto.graph.inputs) value.type = { dtype: 'float32', shape: null };
      writeFileSync(input, encodeModel(proto));
      for (const scheme of ['int8-weights', 'fp16'] as const) {
        const { warnings, output } = await run(input, scheme);
        expect(warnings.join()).toContain('does not state how many axes "x" has');
        expect(existsSync(output)).toBe(true);
      }
    },
  );

  it('a sequence: the result is loaded but not compared', async () => {
    const input = folder.save(
      'sequence.onnx',
      noisyModel(`g (float[N,64] x, int64 i) => (y) <float[64,48] w = {0}> {
        y = MatMul(x, w) }`),
    );
    const model = decodeModel(readFileSync(input));
    const [, sequence] = model.graph.inputs;
    if (sequence) {
      sequence.type = null;
      sequence.rest = { type: { sequence_type: { elem_type: { tensor_type: { elem_type: 1 } } } } };
    }
    writeFileSync(input, encodeModel(model));
    const { warnings, output } = await run(input, 'int8-weights');
    expect(warnings.join()).toContain('not compared: input "i" is of type non-tensor');
    expect(existsSync(output)).toBe(true);
  });
});

describe('too little memory', () => {
  const input = join(FIXTURES, 'rnn-lstm.onnx');

  it('for two models: the result is loaded but not compared', async () => {
    vi.spyOn(process, 'availableMemory').mockReturnValue(200e6 + 300_000);
    const { output, warnings, result } = await run(input, 'int8-weights');
    expect(warnings).toEqual(['both models do not fit into memory: the result was loaded, but not compared']);
    expect([existsSync(output), result.models[1].fidelity]).toEqual([true, null]);
  });

  it('for one: it is written without being loaded, and said so', async () => {
    vi.spyOn(process, 'availableMemory').mockReturnValue(100e6);
    const { output, warnings } = await run(input, 'int8-weights');
    expect(warnings).toEqual([
      'the result is too large for this machine to load: it was written without being checked',
    ]);
    expect(existsSync(output)).toBe(true);
  });
});

describe('the files', () => {
  const input = folder.save('matmul.onnx', graphOf('MatMul'));

  it('the record has their sizes and sums', async () => {
    const { result, output } = await run(input, 'int4', {}, { checksum: true });
    const [before, after] = result.models;
    const sum = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
    expect([before.sizeBytes, before.sha256]).toEqual([statSync(input).size, sum(input)]);
    expect([after.sizeBytes, after.sha256]).toEqual([statSync(output).size, sum(output)]);
    expect(result.comparison.sizeRatio).toBeCloseTo(statSync(output).size / statSync(input).size, 12);
  });

  it('an existing output is kept unless --force is given, the input always', async () => {
    const output = folder.at('there.onnx');
    writeFileSync(output, 'mine');
    await expect(run(input, 'int4', {}, { output })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
      exitCode: 2,
    });
    expect(readFileSync(output, 'utf8')).toBe('mine');
    // Before any work: nobody has looked at the pattern yet.
    await expect(run(input, 'int4', { exclude: ['Cnov'] }, { output })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
    await run(input, 'int4', {}, { output, force: true });
    expect(readFileSync(output).length).toBeGreaterThan(100);
    const original = readFileSync(input);
    await expect(run(input, 'int4', {}, { output: input, force: true })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
    expect(readFileSync(input).equals(original)).toBe(true);
  });

  it('the same bytes come out twice, and as from memory', async () => {
    const [one, two] = [await run(input, 'int8-dynamic'), await run(input, 'int8-dynamic')];
    expect(readFileSync(one.output).equals(readFileSync(two.output))).toBe(true);
    expect(readFileSync(one.output).equals(encodeModel(openModel(one.output).model))).toBe(true);
  });

  it('an input that is interrupted leaves nothing', async () => {
    const before = folder.list();
    const options = quantizeOptionsSchema.parse({ scheme: 'int4' });
    const context = silentContext({ signal: AbortSignal.abort(new Error('stopped')) });
    const job = {
      input,
      output: folder.at('stopped.onnx'),
      options,
      layout: {},
      force: false,
      checksum: false,
    };
    await expect(quantizeFile(job, 'int4', context)).rejects.toThrow('stopped');
    expect(folder.list()).toEqual(before);
  });
});

describe('warnings', () => {
  it('nothing to change', async () => {
    const input = folder.save('relu.onnx', parseModel('g (float[N,4] x) => (float[N,4] y) { y = Relu(x) }'));
    const { warnings } = await run(input, 'int8-weights', { check: 'load' });
    expect(warnings[0]).toBe(
      'int8-weights found nothing to change in this model; the result holds the same weights',
    );
  });

  it('a model that is quantized already', async () => {
    const first = await run(folder.save('first.onnx', graphOf('MatMul')), 'int8-weights', { check: 'load' });
    const { warnings } = await run(first.output, 'int8-weights', { check: 'load' });
    expect(warnings).toContainEqual(
      expect.stringMatching(
        /^this model is quantized already: one weight of DequantizeLinear \(3\.07 KB\) stays as it is$/,
      ),
    );
  });

  it('a result larger than the input', async () => {
    const text = 'g (float[N,4] x) => (float[N,4] y) <float[4,4] w = {0.5}> { y = MatMul(x, w) }';
    const { warnings } = await run(folder.save('tiny.onnx', parseModel(text)), 'fp16', { check: 'load' });
    expect(warnings.join()).toMatch(/the result is larger than the input model \(\d\.\d\dx\)/);
  });
});
