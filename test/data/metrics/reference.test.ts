/**
 * Metrics against numbers that scikit-learn 1.9 and scipy gave for the same values: precision_score and its kin with
 * average='macro', top_k_accuracy_score, log_loss and roc_auc_score (one against the rest) of softmax, spearmanr.
 */

import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { metrics } from '../../../src/data/metrics/table.ts';
import { AUTOMATIC, wantedMetrics } from '../../../src/data/metrics/wanted.ts';
import { isUnbounded, lowerIsBetter, metricDrop } from '../../../src/report/metric-drop.ts';
import { METRIC_NAMES } from '../../../src/report/quantities.ts';

const count = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** Numbers from -3 to 3 that look random. */
function values(dims: readonly number[], seed: number): HostTensor {
  const at = (i: number): number => (((i * i * 31 + i * 7919 + 13 * seed) % 1009) / 1009) * 6 - 3;
  return { dtype: 'float32', dims, data: Float32Array.from({ length: count(dims) }, (_, i) => at(i)) };
}

function labels(dims: readonly number[], classes: number): HostTensor {
  return {
    dtype: 'int64',
    dims,
    data: BigInt64Array.from({ length: count(dims) }, (_, i) => BigInt(((i * 31) % 97) % classes)),
  };
}

function mapped(tensor: HostTensor, change: (value: number, at: number) => number): HostTensor {
  return { ...tensor, data: (tensor.data as Float32Array).map(change) };
}

const classes = [values([60, 7], 1), labels([60], 7)] as const;
const target = values([40], 4);
const found = mapped(values([40], 5), (value, at) => value + Number(target.data[at]) / 2);
const regression = [found, target] as const;
const pictures = [values([2, 3, 4, 5], 6), labels([2, 4, 5], 3)] as const;

const CASES: readonly (readonly [string, readonly [HostTensor, HostTensor], number])[] = [
  ['accuracy', classes, 0.11666666666666667],
  ['precision', classes, 0.11842918985776128],
  ['recall', classes, 0.11944444444444444],
  ['f1', classes, 0.11681830626987637],
  ['top5', classes, 0.7166666666666667],
  ['nll', classes, 2.985403471588024],
  ['auc', classes, 0.4780889415595298],
  ['auc', [values([50, 2], 2), labels([50], 2)], 0.4935897435897436],
  ['auc', [mapped(values([50], 3), halves), labels([50], 2)], 0.48157051282051283],
  ['mse', regression, 0.6959974289334393],
  ['mae', regression, 0.6999009169870988],
  ['r2', regression, 0.7426720738721032],
  ['spearman', [found, mapped(target, whole)], 0.9837326014443484],
  [
    'similarity',
    [
      { ...found, dims: [8, 5] },
      { ...target, dims: [8, 5] },
    ],
    0.9994618743275873,
  ],
  ['iou', pictures, 0.23852657004830916],
  ['dice', pictures, 0.38037462750106427],
  ['accuracy', pictures, 0.375],
];

/** Rounded to even, as numpy does. */
function whole(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? 2 * Math.round(floor / 2) : Math.round(value);
}
function halves(value: number): number {
  return whole(value * 2) / 2;
}

function part({ dtype, dims, data }: HostTensor, from: number, to: number): HostTensor {
  const row = count(dims.slice(1));
  return {
    dtype,
    dims: [to - from, ...dims.slice(1)],
    data: (data as Float32Array).slice(from * row, to * row),
  };
}

describe.each(CASES)('%s', (name, [output, truth], expected) => {
  const [{ metric, parameters } = { metric: undefined, parameters: {} }] = wantedMetrics([name]);

  it('is what others compute, in batches of any size', () => {
    if (!metric) throw new Error(name);
    const rows = output.dims[0] as number;
    for (const size of [rows, 7, 1]) {
      const score = metric.begin(parameters);
      for (let at = 0; at < rows; at += size) {
        const batch = [
          part(output, at, Math.min(at + size, rows)),
          part(truth, at, Math.min(at + size, rows)),
        ] as const;
        expect(metric.fits(...batch)).toBe(true);
        score.add(...batch);
      }
      expect(score.value()).toBeCloseTo(expected, 6);
    }
  });
});

/** Scores that choose every label, in the layout of the given ones. */
function perfect({ dims, dtype }: HostTensor, truth: HostTensor): HostTensor {
  if (truth.dtype.startsWith('float')) return truth;
  const outer = dims[0] as number;
  const decided = count(dims) === count(truth.dims);
  const axis = decided ? 1 : (dims[1] as number);
  const inner = count(dims) / outer / axis;
  const data = new Float32Array(count(dims));
  for (const [at, label] of [...(truth.data as BigInt64Array)].entries())
    if (decided) data[at] = Number(label);
    else data[Math.floor(at / inner) * axis * inner + Number(label) * inner + (at % inner)] = 9;
  return { dtype, dims, data };
}

describe.each(CASES)('%s', (name, [output, truth]) => {
  it('says of a perfect model that nothing is better', () => {
    const [{ metric, parameters } = { metric: undefined, parameters: {} }] = wantedMetrics([name]);
    const [found, best] = [output, perfect(output, truth)].map((tensor) => {
      const score = metric?.begin(parameters);
      score?.add(tensor, truth);
      return score?.value() ?? Number.NaN;
    }) as [number, number];
    expect(metricDrop(name, best, found)).toBeGreaterThan(0);
  });
});

describe('text error rates', () => {
  /** Scores whose largest are at the given symbols. */
  const read = (rows: readonly (readonly number[])[]): HostTensor => {
    const data = rows.flatMap((row) =>
      row.flatMap((symbol) => Array.from({ length: 6 }, (_, c) => (c === symbol ? 1 : 0))),
    );
    return { dtype: 'float32', dims: [rows.length, rows[0]?.length ?? 0, 6], data: Float32Array.from(data) };
  };
  const text = (rows: readonly (readonly number[])[]): HostTensor => ({
    dtype: 'int64',
    dims: [rows.length, rows[0]?.length ?? 0],
    data: BigInt64Array.from(rows.flat(), BigInt),
  });
  const score = (name: string, output: HostTensor, truth: HostTensor): number | null => {
    const [wanted] = wantedMetrics([name]);
    const state = wanted?.metric.begin(wanted.parameters);
    state?.add(output, truth);
    return state?.value() ?? null;
  };

  it('joins repeats, keeps what blanks part, leaves padding out', () => {
    // Read: 1 1 2 | 3 5; wanted: 1 1 2 3 | 3: one missing, one wrong of eight.
    const output = read([
      [1, 1, 0, 1, 2, 2],
      [0, 3, 3, 5, 0, 0],
    ]);
    const truth = text([
      [1, 1, 2, 3],
      [3, 3, -100, -100],
    ]);
    expect(score('cer', output, truth)).toBeCloseTo(2 / 6, 12);
  });

  it('counts words between spaces', () => {
    // "1 2" against "1 3", "5" against "5".
    const output = read([
      [1, 4, 2],
      [5, 5, 0],
    ]);
    const truth = text([
      [1, 4, 3],
      [5, -100, -100],
    ]);
    expect(score('wer', output, truth)).toBeCloseTo(1 / 3, 12);
    expect(score('wer?space=9', output, truth)).toBeCloseTo(1 / 2, 12);
    expect(score('cer?blank=5', output, truth)).toBeCloseTo(2 / 3, 12);
  });
});

describe('the table', () => {
  it('is alphabetical, and requirements know its names', () => {
    const names = metrics.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(METRIC_NAMES).toEqual(names);
    for (const { name } of metrics) if (isUnbounded(name)) expect(lowerIsBetter(name)).toBe(true);
  });

  it('computes few unasked', () => {
    expect(AUTOMATIC.map(({ metric }) => metric.name)).toEqual([
      'accuracy',
      'mae',
      'mse',
      'perplexity',
      'r2',
    ]);
  });

  it.each([
    ['f2', /there is no metric 'f2'/],
    ['f1?blank=0', /f1 has no parameter 'blank'/],
    ['cer?blank=x', /cer: blank is 'x'/],
  ])('refuses %s', (text, message) => {
    expect(() => wantedMetrics([text])).toThrow(message);
  });

  it('has nothing to say of a class that no row has', () => {
    const [auc] = wantedMetrics(['auc']);
    const score = auc?.metric.begin({});
    score?.add(values([4, 2], 1), { dtype: 'int64', dims: [4], data: BigInt64Array.of(1n, 1n, 1n, 1n) });
    expect(score?.value()).toBeNull();
  });
});
