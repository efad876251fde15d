import { describe, expect, it } from 'vitest';
import type { OpSpec } from '../../src/ops/spec.ts';
import { inputHints } from '../../src/runtime/hints.ts';
import { parseModel } from '../support/parse.ts';

const specs = new Map<string, OpSpec>([
  ['Gather', { type: 'Gather', quant: { kind: 'lookup', weights: [0], indices: 1 } }],
  ['Reshape', { type: 'Reshape', quant: { kind: 'passthrough' } }],
]);
const hints = (graph: string) =>
  inputHints(parseModel(`<ir_version: 10, opset_import: ["": 21]>\n${graph}`), (type) => specs.get(type));

describe('hints from the graph', () => {
  it('bound an input by the rows of the table it indexes, through reshapes and casts', () => {
    const graph = `main (int32[N,S] ids, float[N,S] x, int64[2] shape) => (y)
      <float[7,2] table = {1,2,3,4,5,6,7,8,9,10,11,12,13,14}> {
        flat = Reshape (ids, shape)
        wide = Cast <to = 7> (flat)
        y = Gather (table, wide)
      }`;
    expect(hints(graph)).toEqual({ bounds: { ids: 7 }, values: {} });
  });

  it('take the smallest table, and the axis that is gathered', () => {
    const graph = `main (int64[N] ids) => (y, z)
      <float[2,3] a = {1,2,3,4,5,6}, float[5,1] b = {1,2,3,4,5}> {
        y = Gather <axis = 1> (a, ids)
        z = Gather <axis = 0> (b, ids)
      }`;
    expect(hints(graph).bounds).toEqual({ ids: 3 });
  });

  it('leave inputs alone that are looked up in, not with', () => {
    const graph = `main (int64[N] numbers, int64[N] ids) => (y) { y = Gather (numbers, ids) }`;
    expect(hints(graph)).toEqual({ bounds: {}, values: {} });
  });

  it('give an input the constant it is compared with', () => {
    const graph = `main (int64 rate) => (y) <int64 wide = {16000}> { y = Equal (rate, wide) }`;
    expect(hints(graph)).toEqual({ bounds: {}, values: { rate: 16000 } });
  });
});
