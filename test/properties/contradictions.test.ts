/** Models that decode and contradict themselves: every pass, scheme and inspection refuses with a reason or works. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderInspection } from '../../src/cli/inspection-text.ts';
import { LlmcError } from '../../src/errors.ts';
import { inspectModel } from '../../src/inspect/inspect.ts';
import type { Model } from '../../src/ir/model.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { runPasses } from '../../src/passes/pass.ts';
import { passes } from '../../src/passes/table.ts';
import { upgradeOpset } from '../../src/passes/upgrade-opset.ts';
import { quantizeOptionsSchema } from '../../src/quantize/options.ts';
import { transform } from '../../src/quantize/transform.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { silentContext } from '../../src/step.ts';
import { type Contradiction, contradictions } from '../support/contradict.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { GRAPHS } from '../support/quantize-graphs.ts';
import { type FixedScheme, noisyModel, type Options } from '../support/quantized.ts';

const NORM =
  'float[4] s = {1.5, -2, 0.5, 3}, float[4] b = {0.1, 0.2, -0.3, 0.4}, float[4] m = {1, -1, 0.5, 2}, float[4] v = {0.5, 2, 1, 4}';
const normalized = (nodes: string): string => `{ ${nodes} y = BatchNormalization(c, s, b, m, v) }`;

/** What passes are about; the schemes have graphs of their own. */
const FOR_PASSES: Readonly<Record<string, string>> = {
  'BatchNormalization of a Conv': `g (float[2,4,5,5] x) => (y) <float[4,4,3,3] w = {0}, float[4] o = {0}, ${NORM}>
    ${normalized('c = Conv(x, w, o)')}`,
  'BatchNormalization of a ConvTranspose': `g (float[2,4,5,5] x) => (y) <float[4,2,3,3] w = {0}, float[4] o = {0}, ${NORM}>
    ${normalized('c = ConvTranspose <group = 2> (x, w, o)')}`,
  'BatchNormalization of a Gemm': `g (float[2,3] x) => (y) <float[3,4] w = {0}, float[1,4] o = {0}, ${NORM}>
    ${normalized('c = Gemm <beta = 0.5> (x, w, o)')}`,
  'BatchNormalization of a sum': `g (float[2,3] x) => (y) <float[3,4] w = {0}, float[4] o = {0}, ${NORM}>
    ${normalized('p = MatMul(x, w) c = Add(p, o)')}`,
  'constants that are moved': `g (float[N,64] x) => (y, z)
    <float[8,8] w = {0}, int64[1] i = {2}, int64[2] to = {8, 8}, float[8] u = {1, 2, 3}> {
      a = Transpose <perm = [1, 0]> (w) d = Concat <axis = 1> (a, w) e, f = Split <axis = 0, num_outputs = 2> (w)
      h = Slice(w, i, to) k = Reshape(u, i) l = Squeeze(w, i) n = Unsqueeze(u, i) o = Flatten <axis = 1> (w)
      p = Gather <axis = 1> (d, i) q = Expand(u, to) r = Tile(u, i) t = Cast <to = 10> (w) s = Shape(w)
      y = Concat <axis = 0> (x, d, h) z = Concat <axis = 0> (e, f, k, l, n, o, p, q, r, s) }`,
  'an old opset': `<ir_version: 4, opset_import: ["": 8]> g (float[2,4,6] x) => (y, z) <float[4,6] w = {0}, int64[2] to = {2, 24}> {
      a = Unsqueeze <axes = [0]> (w) c = Squeeze <axes = [0]> (a) d = Softmax <axis = 1> (x)
      e = Upsample <mode = "nearest"> (d, w) f = Pad <pads = [0, 0, 1, 0, 0, 1], mode = "constant", value = 0.0> (d)
      g = Slice <axes = [0], ends = [1], starts = [0]> (f) h, k = Split <axis = 1, split = [2, 2]> (d)
      l = Clip <min = 0.0, max = 1.0> (h) m = ReduceSum <axes = [1], keepdims = 1> (l) n = Dropout <ratio = 0.5> (m)
      o, p = TopK <axis = 1, k = 1> (k) q = Reshape(n, to) y = Identity(q) z = Add(e, o) }`,
  'weights that are integers already': `<ir_version: 10, opset_import: ["": 21]> g (float[N,32] x) => (y)
    <int4[32,24] w = {0}, float[2,24] ws = {0.02}, int8[24,8] q = {1}, float[8] qs = {0.5}, int8[8] qz = {0}> {
      v = DequantizeLinear <axis = 0, block_size = 16> (w, ws) h = MatMul(x, v)
      u = DequantizeLinear <axis = 1> (q, qs, qz) y = MatMul(h, u) }`,
};

const context = silentContext({ threads: 1 });

type Job = readonly [string, (model: Model) => Promise<void>];

function scheme(name: FixedScheme, options: Options = {}): Job {
  const parsed = quantizeOptionsSchema.parse({ target: 'portable', check: 'none', ...options, scheme: name });
  return [
    `${name} ${JSON.stringify(options)}`,
    async (model) => {
      await transform(model, name, parsed, context);
      // Weights are computed when they are written.
      encodeModel(model);
    },
  ];
}

const JOBS: readonly Job[] = [
  scheme('int8-dynamic'),
  scheme('int8-dynamic', { parity: 'ort' }),
  scheme('int8-weights'),
  scheme('int8-weights', { format: 'cast' }),
  scheme('int4'),
  scheme('int4', { format: 'qdq' }),
  scheme('int4', { parity: 'ort' }),
  scheme('fp16'),
  scheme('bf16', { halfIo: true }),
  ...[passes, [upgradeOpset(21)]].map(
    (list) =>
      [
        list.length > 1 ? 'all passes' : 'upgrade',
        async (model: Model) => {
          await runPasses(model, list, context);
          encodeModel(model);
        },
      ] as const,
  ),
  [
    'inspect',
    async (model) => {
      const opened = { model, path: join(FIXTURES, 'rnn-lstm.onnx'), headerBytes: 1, externalFiles: [] };
      const found = await inspectModel(opened, { dims: {}, top: 10 });
      renderInspection(found, { palette: plainPalette, width: 100, verbose: true });
    },
  ],
];

/** onnxruntime's own shape inference ends the process over a fused attention without columns. */
const ENDS_THE_PROCESS = /^w is float32\[32,0\]$/;

/** One job for every other model: together the graphs try every kind of contradiction with every job. */
async function trySome(text: string, first: number): Promise<string[]> {
  const bugs: string[] = [];
  for (const [index, wrong] of contradictions(() => noisyModel(text)).entries()) {
    if (ENDS_THE_PROCESS.test(wrong.label) || (index + first) % 2 === 1) continue;
    bugs.push(...(await bugsOf(wrong, JOBS[(first + (index >> 1)) % JOBS.length] as Job)));
  }
  return bugs;
}

async function bugsOf({ label, model }: Contradiction, [name, job]: Job): Promise<string[]> {
  try {
    await job(model());
  } catch (error) {
    if (!(error instanceof LlmcError)) return [`${label}, ${name}: ${(error as Error).stack}`];
  }
  return [];
}

describe('a contradiction is no bug', () => {
  const graphs = Object.entries({ ...FOR_PASSES, ...GRAPHS });
  it.for(graphs.map(([name, text], index) => [name, text, index] as const))('%s', async ([, text, index]) => {
    expect(await trySome(text, index)).toEqual([]);
  });

  it.for([
    ['BatchNormalization of a Conv', /^[sbmv] is/],
    ['Gemm transB', /^w is float32/],
    ['a weight and its transpose', /^w is (u?int|bool|float16)/],
    ['an embedding tied to a Gemm', /^table is/],
    ['constants that are moved', /^to is/],
  ] as const)('whatever is done with it: %s, %s', async ([name, which]) => {
    const text = { ...FOR_PASSES, ...GRAPHS }[name] as string;
    const wrong = contradictions(() => noisyModel(text)).filter(({ label }) => which.test(label));
    expect(wrong.length).toBeGreaterThan(4);
    for (const each of wrong) for (const job of JOBS) expect(await bugsOf(each, job)).toEqual([]);
  });
});
