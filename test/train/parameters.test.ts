/** Which constants training changes: what was learned once, not what a formula made. */
import { describe, expect, it } from 'vitest';
import { findParameters } from '../../src/train/graph/parameters.ts';
import { parseModel } from '../support/parse.ts';

const trained = (text: string): string[] =>
  findParameters(parseModel(text), []).trained.map(({ name }) => name);

describe('findParameters', () => {
  it('leaves angles of positions, also where they are looked up', () => {
    const names =
      trained(`<ir_version: 11, opset_import: ["": 23]> g (float[1,3,8] x, int64[1,3] p) => (float[1,3,8] y)
      <float[8,8] w = {1, 2}, float[6,2] cosines = {1, 0}, float[6,2] sines = {0, 1}> {
        q = MatMul (x, w)
        c = Gather (cosines, p)
        s = Gather (sines, p)
        y = RotaryEmbedding <num_heads = 2> (q, c, s)
      }`);
    expect(names).toEqual(['w']);
  });

  it('takes layers that predict places, not places that are constant', () => {
    const model = (grid: string): string =>
      `<ir_version: 9, opset_import: ["": 20]> g (float[1,1,4,4] x, float[1,8] z) => (float[1,2,2,2] y)
      <float[2,1,1,1] kernel = {1, 2}, float[8,8] places = {0.1, 0.2}, float[1,2,2,2] fixed = {0.1, 0.2}, int64[4] dims = {1, 2, 2, 2}> {
        c = Conv (x, kernel)
        t = MatMul (z, places)
        r = Reshape (t, dims)
        y = GridSample (c, ${grid})
      }`;
    expect(trained(model('r'))).toEqual(['kernel', 'places']);
    expect(trained(model('fixed'))).not.toContain('fixed');
  });

  it('leaves how much a picture is scaled up', () => {
    const names = trained(`<ir_version: 9, opset_import: ["": 20]> g (float[1,1,4,4] x) => (float[1,2,8,8] y)
      <float[2,1,1,1] kernel = {1, 2}, float[4] scales = {1, 1, 2, 2}> {
        c = Conv (x, kernel)
        y = Resize <mode = "linear"> (c, "", scales)
      }`);
    expect(names).toEqual(['kernel']);
  });

  it('trains rows that are looked up, scales behind layers, and no masks', () => {
    const names = trained(`<ir_version: 9, opset_import: ["": 20]> g (int64[2] i) => (float[2,3] y)
      <float[5,3] words = {0.5}, float[3] scale = {1, 2, 3}, float[3] mask = {0, -10000, 0}> {
        e = Gather (words, i)
        s = Mul (e, scale)
        y = Add (s, mask)
      }`);
    expect(names).toEqual(['words', 'scale']);
  });
});
