/** Every fixture under every scheme: runs, is smaller, the same twice, accounts for what stays float, survives a second round. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asFloats } from '../../src/data/cast.ts';
import type { DType } from '../../src/ir/dtype.ts';
import { Similarity } from '../../src/numeric/similarity.ts';
import { decodeModel, openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { unaccounted } from '../support/accounting.ts';
import { type Feeds, outputsOf } from '../support/equivalence.ts';
import { passSubjects } from '../support/pass-subjects.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';

const FLOATS: readonly DType[] = ['float32', 'float16', 'bfloat16', 'float64'];
/** What a half-precision scheme leaves. */
const WIDE: readonly DType[] = ['float32', 'float64'];

interface Setting {
  readonly scheme: FixedScheme;
  readonly options: Options;
  readonly floats: readonly DType[];
}

const SETTINGS: readonly Setting[] = [
  { scheme: 'int8-dynamic', options: { target: 'portable' }, floats: FLOATS },
  { scheme: 'int8-dynamic', options: { target: 'web' }, floats: FLOATS },
  { scheme: 'int8-weights', options: {}, floats: FLOATS },
  { scheme: 'int8-weights', options: { format: 'cast' }, floats: FLOATS },
  { scheme: 'int4', options: {}, floats: FLOATS },
  { scheme: 'int4', options: { format: 'qdq', blockSize: 16, symmetric: true }, floats: FLOATS },
  { scheme: 'int4', options: { bits: 8, halfRest: true }, floats: WIDE },
  { scheme: 'fp16', options: {}, floats: WIDE },
  { scheme: 'bf16', options: {}, floats: WIDE },
];

/** The second scheme of a second round: integers, blocks, halves. */
const AGAIN: readonly FixedScheme[] = ['int8-dynamic', 'int8-weights', 'int4', 'fp16'];

/** Large enough to say something, small enough for a few runs each. */
const SUBJECTS = passSubjects().filter(({ id }) => id !== 'ppocr-rec' && id !== 'ppocr-det');

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function cosine(before: Feeds, after: Feeds): number {
  return Math.min(
    ...Object.entries(before).map(([name, expected]) => {
      const [a, b] = [asFloats(expected), after[name] ? asFloats(after[name]) : null];
      if (!a || !b || expected.dims.join() !== after[name]?.dims.join()) return Number.NaN;
      const similarity = new Similarity();
      similarity.add(a, b);
      return similarity.cosine ?? 1;
    }),
  );
}

describe.for(SUBJECTS)('$id', ({ path, feeds }) => {
  const original = readFileSync(path);
  const before = outputsOf(original, feeds);
  before.catch(() => {});

  it.for(
    SETTINGS.map((setting) => [`${setting.scheme} ${JSON.stringify(setting.options)}`, setting] as const),
  )('%s', async ([, { scheme, options, floats }]) => {
    const { model } = openModel(path);
    const { outcome } = await quantize(model, scheme, options);
    const bytes = encodeModel(model);
    expect(unaccounted(model, outcome.skipped, floats)).toEqual([]);
    expect(bytes.byteLength).toBeLessThan(original.byteLength);

    const twice = openModel(path).model;
    await quantize(twice, scheme, options);
    expect(hash(encodeModel(twice))).toBe(hash(bytes));

    const { feeds: given, outputs } = await before;
    const after = await outputsOf(bytes, () => given);
    expect(cosine(outputs, after.outputs)).toBeGreaterThan(0.9);
  });

  it.for(['int8-dynamic', 'int8-weights', 'int4', 'fp16'] as const)(
    '%s output under every scheme again: nothing breaks, nothing grows',
    async (scheme) => {
      const { model } = openModel(path);
      await quantize(model, scheme, { target: 'portable' });
      const once = encodeModel(model);
      const { feeds: given } = await before;
      const first = await outputsOf(once, () => given);
      for (const second of AGAIN) {
        const {
          warnings,
          model: again,
          outcome,
        } = await quantize(decodeModel(once), second, { target: 'portable' });
        const bytes = encodeModel(again);
        // A few names of nodes and scales may be added.
        expect(bytes.byteLength, second).toBeLessThan(once.byteLength + 2048);
        if (scheme !== 'fp16' && outcome.changed.length === 0)
          expect(warnings.join('\n'), second).toContain('quantized already');
        const after = await outputsOf(bytes, () => given);
        expect(cosine(first.outputs, after.outputs), second).toBeGreaterThan(0.9);
      }
    },
  );
});
