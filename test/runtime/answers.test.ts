/**
 * Agreement and divergence against numbers that scikit-learn 1.9 and scipy gave for the same values: accuracy_score of
 * arg-maxima, and the mean of rel_entr summed over classes, of softmax where the values are scores.
 */
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { Answers } from '../../src/runtime/answers.ts';

/** Numbers from -3 to 3 that look random. */
function values(dims: readonly number[], seed: number): HostTensor {
  const at = (i: number): number => (((i * i * 31 + i * 7919 + 13 * seed) % 1009) / 1009) * 6 - 3;
  const count = dims.reduce((a, b) => a * b, 1);
  return { dtype: 'float32', dims, data: Float32Array.from({ length: count }, (_, i) => at(i)) };
}

/** The same with a little of other numbers added. */
function near(tensor: HostTensor, seed: number, scale: number): HostTensor {
  const noise = values(tensor.dims, seed).data as Float32Array;
  return { ...tensor, data: (tensor.data as Float32Array).map((v, i) => v + (noise[i] as number) * scale) };
}

/** Along the axis with `inner` elements behind it. */
function softmax(tensor: HostTensor, classes: number, inner = 1): HostTensor {
  const scores = tensor.data as Float32Array;
  const first = (i: number) => i - (Math.floor(i / inner) % classes) * inner;
  const total = (i: number) =>
    Array.from({ length: classes }, (_, c) => Math.exp(scores[first(i) + c * inner] as number)).reduce(
      (a, b) => a + b,
    );
  return { ...tensor, data: scores.map((v, i) => Math.exp(v) / total(i)) };
}

function int64(dims: readonly number[], numbers: readonly number[]): HostTensor {
  return { dtype: 'int64', dims, data: BigInt64Array.from(numbers, BigInt) };
}

/** Rows [from, to) of axis 0. */
function rows({ dtype, dims, data }: HostTensor, from: number, to: number): HostTensor {
  const size = data.length / (dims[0] ?? 1);
  const part = (data as Float32Array).slice(from * size, to * size);
  return { dtype, dims: [to - from, ...dims.slice(1)], data: part };
}

function answers(a: HostTensor, b: HostTensor, feeds: Record<string, HostTensor> = {}) {
  const { agreement, divergence } = feed(new Answers(), a, b, feeds);
  return { agreement, divergence };
}

function feed(made: Answers, a: HostTensor, b: HostTensor, feeds: Record<string, HostTensor> = {}): Answers {
  made.add(a, b, feeds);
  return made;
}

const classes = values([60, 7], 1);
const close = near(classes, 2, 0.25);
const sequence = values([3, 5, 11], 3);
const pictures = values([2, 3, 4, 5], 5);
const paint = near(pictures, 6, 0.2);
const mask = int64([3, 5], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0]);

describe('agreement and divergence', () => {
  it.each([
    ['scores', classes, close, {}, 0.9666666666666667, 0.027653006083577],
    ['probabilities', softmax(classes, 7), softmax(close, 7), {}, 0.9666666666666667, 0.027652997371026344],
    ['sequences', sequence, near(sequence, 4, 0.3), {}, 0.8666666666666667, 0.06402846144568067],
    ['masked', sequence, near(sequence, 4, 0.3), { attention_mask: mask }, 0.9, 0.05536735689126687],
    ['pictures', pictures, paint, {}, 0.975, 0.01016260633445151],
    ['segments', softmax(pictures, 3, 20), softmax(paint, 3, 20), {}, 0.975, 0.010162605037512429],
  ])('equal the reference for %s', (_, a, b, feeds, agreement, divergence) => {
    const found = answers(a, b, feeds as Record<string, HostTensor>);
    expect(found.agreement).toBeCloseTo(agreement, 12);
    expect(Math.abs((found.divergence ?? Infinity) - divergence)).toBeLessThan(1e-6);
  });

  it.each([1, 7, 59])('are the same for batches of %i rows, the last one ragged', (size) => {
    const made = new Answers();
    for (let at = 0; at < 60; at += size) {
      const end = Math.min(60, at + size);
      made.add(rows(classes, at, end), rows(close, at, end));
    }
    const whole = answers(classes, close);
    expect(made.agreement).toBe(whole.agreement);
    expect(made.divergence).toBeCloseTo(whole.divergence as number, 12);
  });

  it('do not depend on how far a batch of sequences was filled up', () => {
    const other = near(sequence, 4, 0.3);
    const made = new Answers();
    // Row by row, cut to its length, against all filled up to the longest.
    for (const [row, length] of [5, 3, 2].entries()) {
      const cut = (tensor: HostTensor): HostTensor => ({
        dtype: 'float32',
        dims: [1, length, 11],
        data: (tensor.data as Float32Array).slice(row * 55, row * 55 + length * 11),
      });
      made.add(cut(sequence), cut(other));
    }
    const whole = answers(sequence, other, { attention_mask: mask });
    expect(made.agreement).toBe(whole.agreement);
    expect(made.divergence).toBeCloseTo(whole.divergence as number, 12);
  });

  it('take class numbers for answers, which have no divergence', () => {
    const found = answers(int64([4], [1, 2, 3, 4]), int64([4], [1, 2, 3, 5]));
    expect(found).toEqual({ agreement: 0.75, divergence: null });
    const tags = answers(int64([3, 5], Array(15).fill(1)), int64([3, 5], Array(15).fill(1).with(9, 2)), {
      attention_mask: mask,
    });
    expect(tags.agreement).toBe(1);
  });

  it('do not exist where there is nothing to choose from', () => {
    const one = values([6, 1], 1);
    expect(answers(one, one)).toEqual({ agreement: null, divergence: null });
    const plane = values([1, 1, 8, 8], 1);
    expect(answers(plane, plane)).toEqual({ agreement: null, divergence: null });
  });

  it('leave out rows of the baseline that are no distribution, and call NaN in place of one infinitely far', () => {
    const bad = near(classes, 1, 0);
    (bad.data as Float32Array).fill(Number.NEGATIVE_INFINITY, 0, 7);
    expect(answers(bad, bad).divergence).toBe(0);
    const broken = { ...close, data: (close.data as Float32Array).with(8, Number.NaN) };
    expect(answers(classes, broken).divergence).toBe(Infinity);
  });
});
