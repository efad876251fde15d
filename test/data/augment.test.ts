/** Augmentation: the same for a seed, an epoch and a row however rows are batched; each does what it says and no more. */
import { describe, expect, it } from 'vitest';
import { augmented } from '../../src/data/augment/augmented.ts';
import { augmentPlan } from '../../src/data/augment/plan.ts';
import { augmentations } from '../../src/data/augment/table.ts';
import { allocate, type HostTensor } from '../../src/data/host-tensor.ts';
import { parseDataSpec } from '../../src/data/open.ts';
import type { RowTable } from '../../src/data/row-table.ts';
import { stackRows } from '../../src/data/stack-rows.ts';

const ROWS = 300;

/** A table of one column whose elements all differ; `labels` one per row. */
function tableOf(
  name: string,
  dtype: string,
  row: readonly number[],
  more: Readonly<Record<string, HostTensor>> = {},
  labels?: HostTensor,
): RowTable {
  const size = row.reduce((a, b) => a * b, 1);
  const data = allocate(dtype, ROWS * size);
  for (let i = 0; i < data.length; i++)
    data[i] = (dtype === 'int64' ? BigInt(i + 1) : i + 1) as number & bigint;
  const whole: Record<string, HostTensor> = { [name]: { dtype, dims: [ROWS, ...row], data }, ...more };
  const pick = (tensor: HostTensor, indices: readonly number[]): HostTensor => {
    const length = tensor.data.length / ROWS;
    return stackRows(
      indices.map((index) => ({
        dtype: tensor.dtype,
        dims: tensor.dims.slice(1),
        data: (tensor.data as Float32Array).subarray(index * length, (index + 1) * length),
      })),
    );
  };
  return {
    name: 'test data',
    length: ROWS,
    columns: Object.entries(whole).map(([each, tensor]) => ({
      name: each,
      dtype: tensor.dtype,
      dims: tensor.dims,
      shared: false,
    })),
    hasLabels: labels !== undefined,
    rows: async (indices) => ({
      inputs: Object.fromEntries(
        Object.entries(whole).map(([each, tensor]) => [each, pick(tensor, indices)]),
      ),
      size: indices.length,
      ...(labels && { labels: pick(labels, indices) }),
    }),
  };
}

function augment(table: RowTable, options: string, epoch = 0): RowTable {
  const plan = augmentPlan(parseDataSpec(`x.npz?${options}`), {});
  if (!plan) throw new Error('no plan');
  return augmented(table, plan, epoch);
}

const ALL = Array.from({ length: ROWS }, (_, i) => i);
const pictures = tableOf('x', 'float32', [3, 6, 5]);
const tokens = tableOf('input_ids', 'int64', [16], {
  attention_mask: {
    dtype: 'int64',
    dims: [ROWS, 16],
    data: BigInt64Array.from({ length: ROWS * 16 }, (_, i) => (i % 16 < 10 ? 1n : 0n)),
  },
});

async function values(table: RowTable, column: string, indices: readonly number[] = ALL): Promise<number[]> {
  return Array.from((await table.rows(indices)).inputs[column]?.data as ArrayLike<number>, Number);
}

const CASES: Readonly<Record<string, readonly [RowTable, string, string]>> = {
  crop: [pictures, 'x', 'crop:2'],
  cutout: [pictures, 'x', 'cutout:3'],
  dropout: [pictures, 'x', 'dropout:0.3'],
  flip: [pictures, 'x', 'flip'],
  mask: [tokens, 'input_ids', 'mask:0.3&maskId=9999'],
  mixup: [pictures, 'x', 'mixup'],
  noise: [pictures, 'x', 'noise:0.1'],
};

describe.each(augmentations.map(({ name }) => name))('%s', (name) => {
  const [table, column, options] = CASES[name] as (typeof CASES)[string];

  it('changes a row the same way in every batch', async () => {
    const changed = augment(table, `augment=${options}`);
    const whole = await values(changed, column);
    expect(whole).not.toEqual(await values(table, column));
    const size = whole.length / ROWS;
    for (const index of [0, 7, 299]) {
      const row = whole.slice(index * size, (index + 1) * size);
      expect(await values(changed, column, [index])).toEqual(row);
      expect((await values(changed, column, [3, index])).slice(size)).toEqual(row);
    }
  });

  it('depends on the seed and the epoch', async () => {
    const first = await values(augment(table, `augment=${options}`), column);
    expect(await values(augment(table, `augment=${options}&augmentSeed=1`), column)).not.toEqual(first);
    expect(await values(augment(table, `augment=${options}`, 1), column)).not.toEqual(first);
  });
});

const mirrored = (row: readonly number[], width: number): number[] =>
  row.map((_, i) => row[i - (i % width) + width - 1 - (i % width)] as number);

describe('pictures', () => {
  it('are mirrored, about as many as asked for', async () => {
    expect(await values(augment(pictures, 'augment=flip:1'), 'x')).toEqual(
      mirrored(await values(pictures, 'x'), 5),
    );
    expect(await values(augment(pictures, 'augment=flip:0'), 'x')).toEqual(await values(pictures, 'x'));
    const [found, stored] = [
      await values(augment(pictures, 'augment=flip'), 'x'),
      await values(pictures, 'x'),
    ];
    const flipped = ALL.filter((row) => found[row * 90] !== stored[row * 90]).length;
    expect(Math.abs(flipped / ROWS - 0.5)).toBeLessThan(0.1);
  });

  it.each(['crop:2', 'cutout:3', 'flip'])(
    'are changed alike with channels first and last by %s',
    async (options) => {
      const planes = tableOf('x', 'float32', [1, 6, 5]);
      const pixels = tableOf('x', 'float32', [6, 5, 1]);
      expect(await values(augment(pixels, `augment=${options}&layout=nhwc`), 'x')).toEqual(
        await values(augment(planes, `augment=${options}`), 'x'),
      );
    },
  );

  it('are shifted: neighbours stay neighbours, every shift occurs', async () => {
    const found = await values(augment(tableOf('x', 'float32', [1, 6, 5]), 'augment=crop:2'), 'x');
    const shifts = new Set<number>();
    for (const row of ALL) {
      const offsets = found
        .slice(row * 30, row * 30 + 30)
        .flatMap((value, i) => (value === 0 ? [] : [value - 1 - row * 30 - i]));
      expect(new Set(offsets).size).toBe(1);
      shifts.add(offsets[0] as number);
    }
    expect(shifts.size).toBe(25);
  });

  it('lose at most the square, and nothing else', async () => {
    const [found, stored] = [
      await values(augment(pictures, 'augment=cutout:3'), 'x'),
      await values(pictures, 'x'),
    ];
    expect(found.every((value, i) => value === 0 || value === stored[i])).toBe(true);
    const gone = ALL.map((row) => found.slice(row * 90, row * 90 + 90).filter((value) => value === 0).length);
    expect(Math.max(...gone)).toBe(27);
    expect(gone.every((count) => count > 0 && count % 3 === 0)).toBe(true);
  });
});

describe('numbers', () => {
  it('get noise of the deviation asked for', async () => {
    const [found, stored] = [
      await values(augment(pictures, 'augment=noise:0.5'), 'x'),
      await values(pictures, 'x'),
    ];
    const differences = found.map((value, i) => value - (stored[i] as number));
    const mean = differences.reduce((a, b) => a + b) / differences.length;
    const deviation = Math.sqrt(differences.reduce((a, b) => a + b * b, 0) / differences.length);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.01);
  });

  it('are mixed with those of another row, labels alike', async () => {
    const flat = tableOf(
      'x',
      'float64',
      [2],
      {},
      { dtype: 'float64', dims: [ROWS], data: Float64Array.from(ALL, (row) => row * 2 + 1) },
    );
    const batch = await augment(flat, 'augment=mixup:1').rows(ALL);
    const found = Array.from(batch.inputs['x']?.data as Float64Array);
    const labels = Array.from(batch.labels?.data as Float64Array);
    for (const row of ALL) {
      // Linear in the row, like the labels: whatever it is mixed with, the two agree.
      expect(found[2 * row]).toBeCloseTo(labels[row] as number, 9);
      const moved = Math.abs((labels[row] as number) - (2 * row + 1));
      expect(moved).toBeLessThanOrEqual(ROWS);
    }
    expect(new Set(labels.map(Math.round)).size).toBeGreaterThan(ROWS / 2);
  });
});

describe('tokens', () => {
  it('are hidden, about as many as asked for, never padding', async () => {
    const [found, stored] = [
      await values(augment(tokens, 'augment=mask:0.3&maskId=9999'), 'input_ids'),
      await values(tokens, 'input_ids'),
    ];
    const hidden = found.flatMap((value, i) => (value === stored[i] ? [] : [i]));
    expect(hidden.every((i) => found[i] === 9999 && i % 16 < 10)).toBe(true);
    expect(Math.abs(hidden.length / (ROWS * 10) - 0.3)).toBeLessThan(0.03);
  });

  it('are dropped from the attention mask, the first one never', async () => {
    const found = await values(augment(tokens, 'augment=dropout:0.4'), 'attention_mask');
    const kept = found.filter((value, i) => i % 16 > 0 && i % 16 < 10 && value === 1).length;
    expect(Math.abs(kept / (ROWS * 9) - 0.6)).toBeLessThan(0.03);
    expect(ALL.every((row) => found[row * 16] === 1)).toBe(true);
  });
});

describe('what makes no sense', () => {
  it.each([
    ['augment=blur', /no augmentation "blur"/],
    ['augment=crop', /augment=crop .* needs a whole number from 0/],
    ['augment=crop:1.5', /needs a whole number/],
    ['augment=flip:2', /needs a number from 0 to 1/],
    ['augment=noise:-1', /needs a number from 0$/],
    ['augment=mask:0.1', /needs maskId/],
    ['augment=flip&layout=hwc', /layout=hwc .* is not known/],
    ['augment=mask:0.1&maskId=3', /mask does not apply: test data has no column for that/],
    ['layout=nhwc', /option layout .* needs augment/],
  ])('%s is refused', (options, message) => {
    expect(() => augment(pictures, options)).toThrow(message);
  });
});
