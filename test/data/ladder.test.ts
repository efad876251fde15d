import { describe, expect, it } from 'vitest';
import { bindDims, openDims } from '../../src/data/dims.ts';
import { candidateBindings } from '../../src/data/ladder.ts';
import { roleOf } from '../../src/data/roles.ts';
import { generateInputs } from '../../src/data/synthetic.ts';

const ids = { name: 'input_ids', dtype: 'int64', dims: ['batch', 'sequence'] } as const;
const mask = { name: 'attention_mask', dtype: 'int64', dims: ['batch', 'past + sequence'] } as const;
const image = { name: 'x', dtype: 'float32', dims: [null, 3, null, null] } as const;

describe('open dims', () => {
  it('counts a repeated name once and finds names inside expressions', () => {
    expect(openDims([ids, mask]).map((dim) => [dim.name, dim.leading])).toEqual([
      ['batch', true],
      ['sequence', false],
      ['past', false],
    ]);
  });

  it('calls unnamed dims by input and axis', () => {
    expect(openDims([image]).map((dim) => dim.name)).toEqual(['x[0]', 'x[2]', 'x[3]']);
  });

  it.each([
    ['a + 1', 6],
    ['2*a', 10],
    ['a*b + a', 40],
    ['a * (b - 1)', 30],
    ['b - a - 1', 1],
  ])('computes the size %s', (dim, size) => {
    expect(bindDims({ name: 'x', dtype: 'float32', dims: [dim] }, { a: 5, b: 7 })).toEqual([size]);
  });

  it.each(['a - b', 'a // b', '(a', 'a +', 'c'])('refuses the size %s', (dim) => {
    expect(() => bindDims({ name: 'x', dtype: 'float32', dims: [dim] }, { a: 5, b: 7 })).toThrow(/no size/);
  });
});

describe('the ladder of sizes', () => {
  it('begins with one row and a typical size, the same size for the same name', () => {
    const [first] = candidateBindings(openDims([ids, mask]));
    expect(first).toEqual({ batch: 1, sequence: 64, past: 64 });
  });

  it('takes images to be 224 pixels wide', () => {
    const [first] = candidateBindings(openDims([image]), { batch: 4 });
    expect(first).toEqual({ 'x[0]': 4, 'x[2]': 224, 'x[3]': 224 });
  });

  it('keeps sizes the user has fixed in every candidate', () => {
    for (const bindings of candidateBindings(openDims([ids, mask]), { batch: 3, dims: { sequence: 7 } })) {
      expect(bindings).toMatchObject({ batch: 3, sequence: 7 });
    }
  });

  it('reaches every combination of two dims without repeating one', () => {
    const all = [...candidateBindings(openDims([mask]), { batch: 1 })].map(
      (bindings) => `${bindings['past']},${bindings['sequence']}`,
    );
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(49);
  });

  it('stays finite for many dims', () => {
    const dims = Array.from({ length: 12 }, (_, i) => `d${i}`);
    expect([...candidateBindings(openDims([{ name: 'x', dtype: 'float32', dims }]))]).toHaveLength(500);
  });
});

describe('generated inputs', () => {
  const inputs = [
    ids,
    mask,
    { name: 'token_type_ids', dtype: 'int64', dims: ['batch', 'sequence'] },
    { name: 'position_ids', dtype: 'int32', dims: ['batch', 'sequence'] },
    { name: 'x_lengths', dtype: 'int64', dims: ['batch'] },
    { name: 'pixels', dtype: 'float32', dims: ['batch', 1000] },
    { name: 'halves', dtype: 'float16', dims: [2] },
    { name: 'go', dtype: 'bool', dims: [] },
    { name: 'text', dtype: 'string', dims: [3] },
    { name: 'bytes', dtype: 'uint8', dims: [10_000] },
  ];
  const options = {
    seed: 1,
    bindings: { batch: 2, sequence: 3, past: 1 },
    hints: { bounds: { input_ids: 5 } },
  };
  const feeds = generateInputs(inputs, options);

  it('follow the bindings and the roles', () => {
    expect(feeds['input_ids']?.dims).toEqual([2, 3]);
    for (const id of feeds['input_ids']?.data ?? []) expect([0n, 1n, 2n, 3n, 4n]).toContain(id);
    expect(feeds['attention_mask']).toEqual({
      dtype: 'int64',
      dims: [2, 4],
      data: new BigInt64Array(8).fill(1n),
    });
    expect(feeds['token_type_ids']?.data).toEqual(new BigInt64Array(6));
    expect(feeds['position_ids']?.data).toEqual(Int32Array.of(0, 1, 2, 0, 1, 2));
    expect(feeds['x_lengths']?.data).toEqual(BigInt64Array.of(3n, 3n));
    expect(feeds['go']).toEqual({ dtype: 'bool', dims: [], data: Uint8Array.of(1) });
    expect(feeds['text']?.data).toHaveLength(3);
    expect(feeds['halves']?.data).toBeInstanceOf(Uint16Array);
    const bytes = Array.from(feeds['bytes']?.data as Uint8Array);
    expect([Math.min(...bytes), Math.max(...bytes)]).toEqual([0, 255]);
  });

  it('are standard normal floats', () => {
    const data = Array.from(feeds['pixels']?.data as Float32Array);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    // Five standard errors of 2,000 samples.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(2000));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
  });

  it('repeat for the same seed, differ for another, and do not depend on their neighbours', () => {
    expect(generateInputs(inputs, options)).toEqual(feeds);
    expect(generateInputs(inputs, { ...options, seed: 2 })['pixels']).not.toEqual(feeds['pixels']);
    expect(generateInputs([inputs[5] as (typeof inputs)[5]], options)['pixels']).toEqual(feeds['pixels']);
  });

  it.each([
    ['non-tensor', [], 'UNSUPPORTED'],
    ['bfloat16', [1], 'UNSUPPORTED'],
    ['float32', [2 ** 40], 'DATA'],
    ['float32', [2 ** 20, 2 ** 20], 'DATA'],
  ])('are refused for %s %j', (dtype, dims, code) => {
    expect(() => generateInputs([{ name: 'x', dtype, dims }], options)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each([
    ['attention_mask', 'mask'],
    ['segment_ids', 'zeros'],
    ['position_ids', 'positions'],
    ['text_lengths', 'length'],
    ['wavelength_map', 'values'],
    ['input', 'values'],
  ])('guess the role of %s', (name, role) => {
    expect(roleOf({ name, dtype: 'int64', dims: [] })).toBe(role);
  });
});
