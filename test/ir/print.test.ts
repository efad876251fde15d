import { describe, expect, it } from 'vitest';
import { printModel } from '../../src/ir/print.ts';
import { parseModel } from '../support/parse.ts';

const EVERYTHING = `<
  ir_version: 10,
  opset_import: ["": 21, "com.microsoft": 1, "local": 1],
  metadata_props: ["a key": "a \\"value\\""]
>
main (float[N,3] x, bool c, float[] any, int64 "0") => (float[N,?] "a/b.c", z)
  <float[3,2] w = {1, 2, 3, 4.5, -0.1, 1e-20},
   int64 s = {3},
   float16[2] h = {1, 0.1},
   bfloat16[1] b = {3.14},
   int4[3] n = {-8, 7, -1},
   uint4[2] u = {15, 1},
   double d = {0.1},
   string[2] q = {"a", "b\\"c"},
   bool[2] t = {0, 1},
   float[2] e = {-inf, nan}>
{
  [n1] "a/b.c" = MatMul <axis = -1, f: float = 1.5, fl: floats = [1, 2.25], t = float[2] {1, 2}, m = "text", names: strings = ["a", "b"], e: ints = []> (x, w)
  z = com.microsoft.Gelu (x)
  k = If <then_branch = tg () => (float[1] r)
    <float[1] ii = {1}>
  {
    r = Add (x, ii)
  }, else_branch = eg () => (r2)
  {
    r2 = Identity (x)
  }> (c)
  l, "", m = Foo (x, "", any)
  y = local.fn:special <alpha: float = 2> (x, k)
}
<
  domain: "local",
  opset_import: ["": 21],
  overload: "special"
>
fn <alpha> (a, b) => (c)
{
  c = Gemm <alpha = @alpha> (a, b)
}
`;

describe('printModel', () => {
  it('writes what the parser reads, to the letter', () => {
    expect(printModel(parseModel(EVERYTHING))).toBe(EVERYTHING);
  });

  it('abbreviates large tensors to type and dims', () => {
    const text = printModel(parseModel('g (float[1] x) => (y) <float[4,5] w = {0}> { y = Add (x, w) }'));
    expect(text).toContain('<float[4,5] w = {...}>');
  });
});
