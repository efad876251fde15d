/** Every small graph under every scheme: it runs, stays close, is the same twice, and accounts for what stays float. */

import { describe, expect, it } from 'vitest';
import { asFloats } from '../../src/data/cast.ts';
import type { DType } from '../../src/ir/dtype.ts';
import { Similarity } from '../../src/numeric/similarity.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { unaccounted } from '../support/accounting.ts';
import { type Feeds, outputsOf } from '../support/equivalence.ts';
import { GRAPHS, graphOf } from '../support/quantize-graphs.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';

interface Setting {
  readonly scheme: FixedScheme;
  readonly options: Options;
  /** Signal-to-noise ratio in dB that one operator keeps at least. */
  readonly floor: number;
  /** Types that count as left alone; by default every float. */
  readonly floats?: readonly DType[];
}

const FLOATS: readonly DType[] = ['float32', 'float16', 'bfloat16', 'float64'];

// Signed weights with full range saturate on machines without VNNI, so accuracy is asked of the others.
const SETTINGS: readonly Setting[] = [
  { scheme: 'int8-dynamic', options: { weightType: 'uint8' }, floor: 33 },
  { scheme: 'int8-dynamic', options: { reduceRange: true }, floor: 28 },
  { scheme: 'int8-dynamic', options: { weightType: 'uint8', symmetric: false }, floor: 33 },
  { scheme: 'int8-dynamic', options: { weightType: 'uint8', perChannel: false }, floor: 32 },
  { scheme: 'int8-weights', options: {}, floor: 36 },
  { scheme: 'int8-weights', options: { format: 'cast' }, floor: 36 },
  { scheme: 'int8-weights', options: { weightType: 'uint8', symmetric: false }, floor: 37 },
  { scheme: 'int8-weights', options: { weightType: 'uint8', format: 'cast' }, floor: 36 },
  { scheme: 'int4', options: {}, floor: 14 },
  { scheme: 'int4', options: { symmetric: true }, floor: 14 },
  { scheme: 'int4', options: { rounding: 'hqq' }, floor: 14 },
  { scheme: 'int4', options: { bits: 8, blockSize: 64 }, floor: 36 },
  { scheme: 'int4', options: { bits: 2, blockSize: 16 }, floor: 2 },
  { scheme: 'int4', options: { format: 'qdq' }, floor: 14 },
  { scheme: 'int4', options: { format: 'qdq', symmetric: true, blockSize: 16 }, floor: 14 },
  { scheme: 'int4', options: { format: 'qdq', bits: 8 }, floor: 36 },
  { scheme: 'int4', options: { halfRest: true }, floor: 14, floats: ['float32'] },
  { scheme: 'fp16', options: {}, floor: 55, floats: ['float32'] },
  { scheme: 'bf16', options: {}, floor: 30, floats: ['float32'] },
];

/** Graphs that lose more: the errors of a loop add up. Decibels off every floor. */
const HARDER: Readonly<Record<string, number>> = { 'a Loop': 4 };

/** onnxruntime has no kernel for these, before or after. */
const UNRUNNABLE = new Set(['LSTM with the batch first']);

/** The worst signal-to-noise ratio of any output, in dB. */
function closeness(before: Feeds, after: Feeds): number {
  const ratios = Object.entries(before).map(([name, expected]) => {
    const actual = after[name];
    expect(actual?.dims, name).toEqual(expected.dims);
    const similarity = new Similarity();
    const [a, b] = [asFloats(expected), actual ? asFloats(actual) : null];
    if (!a || !b) throw new Error(`${name} is no tensor of numbers`);
    similarity.add(a, b);
    return similarity.sqnrDb ?? Number.POSITIVE_INFINITY;
  });
  return Math.min(...ratios);
}

describe.for(Object.keys(GRAPHS).filter((name) => !UNRUNNABLE.has(name)))('%s', (name) => {
  const before = outputsOf(graphOf(name));
  before.catch(() => {});

  it.for(
    SETTINGS.map((setting) => [`${setting.scheme} ${JSON.stringify(setting.options)}`, setting] as const),
  )('%s', async ([, { scheme, options, floor, floats = FLOATS }]) => {
    const { model, outcome } = await quantize(graphOf(name), scheme, options);
    const bytes = encodeModel(model);
    const { feeds, outputs } = await before;
    const after = await outputsOf(bytes, () => feeds);
    expect(closeness(outputs, after.outputs)).toBeGreaterThan(floor - (HARDER[name] ?? 0));
    expect(unaccounted(model, outcome.skipped, floats)).toEqual([]);

    const again = await quantize(graphOf(name), scheme, options);
    expect(Buffer.compare(encodeModel(again.model), bytes)).toBe(0);
  });
});
