/** Inputs of a decoder made from its tokens. */
import { describe, expect, it } from 'vitest';
import { consistentDims } from '../../src/data/decoder-dims.ts';
import { derivedFeeds, isDerivable } from '../../src/data/decoder-fill.ts';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { decoderTokens, pastAxis } from '../../src/data/roles.ts';
import { generateInputs } from '../../src/data/synthetic.ts';
import type { ValueInfo } from '../../src/data/value-info.ts';

const input = (name: string, dtype: string, ...dims: (number | string | null)[]): ValueInfo => ({
  name,
  dtype,
  dims,
});
const ids = input('input_ids', 'int64', 'batch', 'sequence');
const mask = input('attention_mask', 'int64', 'batch', 'total');
const positions = input('position_ids', 'int64', 'batch', 'sequence');
const cache = input('past_key_values.0.key', 'float32', 'batch', 2, 'past', 8);
const tokens = (rows: number, length: number): HostTensor => ({
  dtype: 'int64',
  dims: [rows, length],
  data: new BigInt64Array(rows * length),
});
const int64 = (dims: readonly number[], ...values: number[]): HostTensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
});

describe('a decoder', () => {
  it('is a model with tokens and a cache', () => {
    expect(decoderTokens([mask, ids, cache])).toBe(ids);
    expect(decoderTokens([ids, mask])).toBeNull();
    expect(decoderTokens([input('past', 'float32', 2, 1, 128), input('x', 'float32', 1, 576)])).toBeNull();
  });

  it.each([
    [['batch', 4, 'past', 64], 2],
    [['batch', 4, 16, 64], 2],
    [[2, 'batch', 12, 'past', 64], 3],
    [['heads', 64, 'past'], 2],
    [['heads', 'past', 64], 1],
  ])('keeps its past in %j along axis %i', (dims, axis) => {
    expect(pastAxis(input('past', 'float32', ...dims))).toBe(axis);
  });
});

describe('made from tokens', () => {
  it('an empty cache, a mask of ones, positions from zero', () => {
    expect(
      derivedFeeds([mask, positions, cache], [ids, mask, positions, cache], { input_ids: tokens(2, 3) }),
    ).toEqual({
      attention_mask: int64([2, 3], 1, 1, 1, 1, 1, 1),
      position_ids: int64([2, 3], 0, 1, 2, 0, 1, 2),
      'past_key_values.0.key': { dtype: 'float32', dims: [2, 2, 0, 8], data: new Float32Array(0) },
    });
  });

  it('positions count what the mask of the data shows', () => {
    const feeds = { input_ids: tokens(2, 3), attention_mask: int64([2, 3], 0, 1, 1, 1, 1, 0) };
    const { position_ids } = derivedFeeds([positions, cache], [ids, mask, positions, cache], feeds);
    expect(position_ids).toEqual(int64([2, 3], 0, 0, 1, 0, 1, 1));
  });

  it('a cache of fixed size is hidden', () => {
    const fixed = input('past_key_values.0.key', 'float16', 1, 2, 4, 8);
    const open = input('attention_mask', 'int64', 1, 6);
    const found = derivedFeeds([open, positions, fixed], [ids, open, positions, fixed], {
      input_ids: tokens(1, 2),
    });
    expect(found['attention_mask']).toEqual(int64([1, 6], 0, 0, 0, 0, 1, 1));
    expect(found['position_ids']).toEqual(int64([1, 2], 0, 1));
    expect(found['past_key_values.0.key']).toEqual({
      dtype: 'float16',
      dims: [1, 2, 4, 8],
      data: new Uint16Array(64),
    });
  });

  it('positions and lengths continue a cache that the data has', () => {
    const last = input('seqlens_k', 'int32', 'batch');
    const total = input('total_sequence_length', 'int32');
    const place = input('cache_position', 'int64', 'sequence');
    const feeds = {
      input_ids: tokens(1, 2),
      'past_key_values.0.key': { dtype: 'float32', dims: [1, 2, 5, 8], data: new Float32Array(80) },
    };
    const inputs = [ids, cache, positions, last, total, place];
    expect(derivedFeeds([positions, last, total, place], inputs, feeds)).toEqual({
      position_ids: int64([1, 2], 5, 6),
      seqlens_k: { dtype: 'int32', dims: [1], data: Int32Array.of(6) },
      total_sequence_length: { dtype: 'int32', dims: [], data: Int32Array.of(7) },
      cache_position: int64([2], 5, 6),
    });
  });

  it('switches of exporters are off', () => {
    const keep = input('num_logits_to_keep', 'int64');
    const branch = input('use_cache_branch', 'bool', 1);
    expect(derivedFeeds([keep, branch], [ids, cache, keep, branch], { input_ids: tokens(1, 2) })).toEqual({
      num_logits_to_keep: int64([], 0),
      use_cache_branch: { dtype: 'bool', dims: [1], data: Uint8Array.of(0) },
    });
  });

  it('nothing that an encoder must give', () => {
    for (const other of [
      input('encoder_attention_mask', 'int64', 'batch', 'encoder'),
      input('encoder_hidden_states', 'float32', 'batch', 'encoder', 64),
      input('pixel_values', 'float32', 'batch', 3, 224, 224),
    ])
      expect(isDerivable(other)).toBe(false);
  });

  it('no size that does not follow', () => {
    const odd = input('past_key_values.0.key', 'float32', 'batch', 'heads', 'past', 8);
    expect(() => derivedFeeds([odd], [ids, odd], { input_ids: tokens(1, 2) })).toThrow(
      expect.objectContaining({ code: 'DATA', message: expect.stringContaining('"heads"') }),
    );
  });
});

describe('generated inputs of a decoder', () => {
  const inputs = consistentDims([ids, mask, positions, cache]);
  const feeds = generateInputs(inputs, { seed: 0, bindings: { batch: 2, sequence: 3, past: 4 } });

  it('the mask covers past and new tokens, positions continue the past', () => {
    expect(feeds['attention_mask']).toEqual(int64([2, 7], ...Array.from({ length: 14 }, () => 1)));
    expect(feeds['position_ids']).toEqual(int64([2, 3], 4, 5, 6, 4, 5, 6));
    expect(feeds['past_key_values.0.key']?.dims).toEqual([2, 2, 4, 8]);
  });

  it('the past is small', () => {
    const values = Array.from(feeds['past_key_values.0.key']?.data as Float32Array);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(2);
    expect(values.some((value) => value !== 0)).toBe(true);
  });

  it('a size the user gives stays, as do other models', () => {
    expect(consistentDims([ids, mask, cache], { total: 9 })).toEqual([ids, mask, cache]);
    expect(consistentDims([ids, mask])).toEqual([ids, mask]);
  });
});
