import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { type BlockBits, type BlockSpec, blockCount } from '../../src/numeric/block.ts';
import { dequantizeRows } from '../../src/numeric/block-dequantize.ts';
import {
  type LinearBlocks,
  quantizeLinearColumns,
  quantizeLinearRows,
} from '../../src/numeric/block-linear.ts';
import { quantizeColumns, quantizeRows } from '../../src/numeric/block-matmul.ts';
import { roundToHalf } from '../../src/numeric/half.ts';
import { packedLength, unpackCodes } from '../../src/numeric/packing.ts';
import { normal } from '../../src/random.ts';
import { firstDifference } from './arrays.ts';
import { COLUMNS, LENGTH, ORACLE, WEIGHT } from './block-oracle.ts';

function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)] as number);
}

/** Weights with structure worth testing: normal, all zero, all negative, all positive, on a grid of ties. */
function weights(rows: number, length: number, seed: number): Float32Array {
  const next = normal(seed);
  const kinds = [
    () => next() * 0.05,
    () => 0,
    () => -Math.abs(next()) - 0.5,
    () => Math.abs(next()) * 1e-4 + 1e-5,
    () => Math.round(next() * 4) / 16,
  ];
  return Float32Array.from({ length: rows * length }, (_, i) =>
    (kinds[Math.floor(i / length) % 5] ?? next)(),
  );
}

const hex = (array: Uint8Array | Float32Array) =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');

describe('the numbers of onnxruntime', () => {
  it.each(ORACLE)('%s, %i bits, symmetric %s', (form, bits, symmetric, codes, scales, zeroPoints) => {
    const spec: BlockSpec = { bits, blockSize: 16, symmetric };
    const turned = transpose(WEIGHT, LENGTH, COLUMNS);
    if (form === 'matmul') {
      for (const result of [
        quantizeColumns(WEIGHT, LENGTH, COLUMNS, spec),
        quantizeRows(turned, COLUMNS, LENGTH, spec),
      ]) {
        const row = 6 * bits; // bytes of three blocks, of which the last is half used
        const used = result.codes.filter((_, i) => i % row < 5 * bits);
        expect([hex(used), hex(result.scales)]).toEqual([codes, scales]);
        expect(result.zeroPoints && hex(result.zeroPoints)).toBe(zeroPoints);
      }
      return;
    }
    const result =
      form === 'linear-columns'
        ? quantizeLinearColumns(WEIGHT, LENGTH, COLUMNS, spec)
        : quantizeLinearRows(turned, COLUMNS, LENGTH, spec);
    expect([hex(result.codes), hex(result.scales)]).toEqual([codes, scales]);
    expect(result.zeroPoints && hex(result.zeroPoints)).toBe(zeroPoints);
  });
});

/** By how many steps an error exceeds what is allowed: `steps`, and what rounding the scale itself costs. */
function excess(error: number, scale: number, steps: number, spec: Required<BlockSpec>): number {
  if (scale === 0) return spec.scaleType === 'float32' ? Math.abs(error) : 0; // a float16 scale may underflow
  const size = Math.abs(scale);
  // Half of the spacing of the scales, relative to the scale, times the largest code.
  const rounding = spec.scaleType === 'float16' ? Math.max(2 ** -11, 2 ** -25 / size) : 2 ** -22;
  return Math.max(0, Math.abs(error) / size - steps - rounding * 2 ** spec.bits);
}

/** Weights, and the scale of each, of a tensor in a linear layout; `blockOf` numbers the scales. */
function linearWeights(
  form: LinearBlocks,
  spec: BlockSpec,
  blockOf: (i: number) => number,
  count: number,
): { weights: Float32Array; scales: Float32Array } {
  const { bits, symmetric } = spec;
  const signed = symmetric && bits < 8;
  const codes = signed ? unpackCodes(form.codes, bits, count, true) : unpackCodes(form.codes, bits, count);
  const zeros = form.zeroPoints && unpackCodes(form.zeroPoints, bits, form.scales.length);
  const zero = symmetric && !signed ? 128 : 0;
  const scales = Float32Array.from({ length: count }, (_, i) => form.scales[blockOf(i)] as number);
  const values = scales.map((scale, i) => ((codes[i] as number) - (zeros?.[blockOf(i)] ?? zero)) * scale);
  return { weights: values, scales };
}

const SPECS = ([2, 4, 8] as const).flatMap((bits: BlockBits) =>
  [16, 64, 256].flatMap((blockSize) =>
    [true, false].flatMap((symmetric) =>
      (['float32', 'float16'] as const).map((scaleType): Required<BlockSpec> => {
        return { bits, blockSize, symmetric, scaleType };
      }),
    ),
  ),
);

describe.each(SPECS)('$bits bits, blocks of $blockSize, symmetric $symmetric, $scaleType', (spec) => {
  const { bits, blockSize, symmetric, scaleType } = spec;
  const rows = 37;
  const length = blockSize * 2 + 5;
  const blocks = blockCount(length, blockSize);
  const matrix = weights(rows, length, bits + blockSize);
  const result = quantizeRows(matrix, rows, length, spec);
  const back = dequantizeRows(result, rows, length, spec);

  it('is the same from rows and from columns', () => {
    const columns = quantizeColumns(transpose(matrix, rows, length), length, rows, spec);
    expect(hex(columns.codes)).toBe(hex(result.codes));
    expect(hex(columns.scales)).toBe(hex(result.scales));
    expect(columns.zeroPoints && hex(columns.zeroPoints)).toBe(result.zeroPoints && hex(result.zeroPoints));
  });

  it('misses no weight by more than a step, and half a step unless it is clipped', () => {
    let worst = 0;
    let clippedOnly = true;
    const codes = unpackCodes(result.codes, bits, rows * blocks * blockSize);
    for (let i = 0; i < matrix.length; i++) {
      const row = Math.floor(i / length);
      const k = i % length;
      const scale = result.scales[row * blocks + Math.floor(k / blockSize)] as number;
      worst = Math.max(worst, excess((matrix[i] as number) - (back[i] as number), scale, 1, spec));
      const code = codes[row * blocks * blockSize + k];
      const inside = code !== 0 && code !== 2 ** bits - 1;
      if (inside && excess((matrix[i] as number) - (back[i] as number), scale, 0.5, spec) > 0)
        clippedOnly = false;
    }
    expect(worst).toBe(0);
    expect(clippedOnly).toBe(true);
  });

  it('keeps zero weights, and what lies past the end of a run, exactly zero', () => {
    for (let i = 0; i < matrix.length; i++) if (matrix[i] === 0) expect(back[i] === 0).toBe(true);
    const padded = dequantizeRows(result, rows, blocks * blockSize, spec);
    const tail = padded.filter((_, i) => i % (blocks * blockSize) >= length);
    expect(tail.every((weight) => weight === 0)).toBe(true);
  });

  it('has scales its type can hold, and layouts of the sizes MatMulNBits wants', () => {
    if (scaleType === 'float16')
      expect(firstDifference(result.scales, result.scales.map(roundToHalf))).toBeNull();
    expect(result.codes.length).toBe(rows * blocks * packedLength(blockSize, bits));
    expect(result.zeroPoints?.length ?? null).toBe(symmetric ? null : rows * packedLength(blocks, bits));
  });

  it('keeps order within a block', () => {
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      const order = Array.from({ length: blockSize }, (_, k) => start + k).sort(
        (a, b) => (matrix[a] as number) - (matrix[b] as number),
      );
      const values = order.map((i) => back[i] as number);
      expect(values.every((value, i) => i === 0 || value >= (values[i - 1] as number))).toBe(true);
    }
  });

  it('in linear layouts misses no weight by more than a step either', () => {
    const across = quantizeLinearRows(matrix, rows, length, spec);
    const down = quantizeLinearColumns(transpose(matrix, rows, length), length, rows, spec);
    const rowMajor = linearWeights(
      across,
      spec,
      (i) => Math.floor(i / length) * blocks + Math.floor((i % length) / blockSize),
      matrix.length,
    );
    const columnMajor = linearWeights(
      down,
      spec,
      (i) => Math.floor(i / rows / blockSize) * rows + (i % rows),
      matrix.length,
    );
    const turned = {
      weights: transpose(columnMajor.weights, length, rows),
      scales: transpose(columnMajor.scales, length, rows),
    };
    for (const { weights: values, scales } of [rowMajor, turned]) {
      const misses = matrix.map((w, i) => excess(w - (values[i] as number), scales[i] as number, 1, spec));
      expect(misses.filter((miss) => miss > 0)).toHaveLength(0);
    }
  });
});

it('refuses block sizes the layout does not have', () => {
  for (const blockSize of [0, 8, 48, 4096]) {
    expect(() => quantizeRows(new Float32Array(64), 1, 64, { bits: 4, blockSize, symmetric: true })).toThrow(
      LlmcError,
    );
  }
});
