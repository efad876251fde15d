/** Attention of MatMul and Softmax, behind a Concat of past and new keys, with rotary embedding written out. */
import { int, ints } from '../../../src/ir/attribute.ts';
import type { Value } from '../../../src/ir/value.ts';
import { type Angles, type Attend, type Scope, scalar } from './scope.ts';

const HEADS_FIRST = { perm: ints([0, 2, 1, 3]) };

export function plainAttention(scope: Scope, angles: Angles, positions: Value, visible: Value): Attend {
  const { builder, sizes, headWidth } = scope;
  const op = builder.op.bind(builder);
  const one = builder.ints('axes', [1]);
  const [cos, sin] = angles.map((table) => op('Unsqueeze', [op('Gather', [table, positions]), one])) as [
    Value,
    Value,
  ];
  const split = (x: Value): Value => {
    const shape = builder.ints('heads_shape', [0, 0, sizes.heads, headWidth]);
    return op('Transpose', [op('Reshape', [x, shape])], { attributes: HEADS_FIRST });
  };
  const cut = (x: Value, from: number, to: number): Value =>
    op('Slice', [x, builder.ints('from', [from]), builder.ints('to', [to]), builder.ints('axis', [3])]);
  const rotate = (x: Value): Value => {
    const [left, right] = [cut(x, 0, headWidth / 2), cut(x, headWidth / 2, headWidth)];
    const first = op('Sub', [op('Mul', [left, cos]), op('Mul', [right, sin])]);
    const second = op('Add', [op('Mul', [right, cos]), op('Mul', [left, sin])]);
    return op('Concat', [first, second], { attributes: { axis: int(3) } });
  };
  return ({ label, q, k, v, past, present }) => {
    const append = (old: Value, fresh: Value, into: Value): Value =>
      op('Concat', [old, fresh], { attributes: { axis: int(2) }, into });
    const keys = append(past[0], rotate(split(k)), present[0]);
    const values = append(past[1], split(v), present[1]);
    const across = op('Transpose', [keys], { attributes: { perm: ints([0, 1, 3, 2]) } });
    const scores = op('MatMul', [rotate(split(q)), across], { name: `/${label}/scores/MatMul` });
    const scaled = op('Mul', [scores, scalar(scope, 1 / Math.sqrt(headWidth))]);
    const masked = op('Where', [visible, scaled, scalar(scope, -1e9)]);
    const mixed = op('MatMul', [op('Softmax', [masked], { attributes: { axis: int(-1) } }), values], {
      name: `/${label}/values/MatMul`,
    });
    const joined = op('Transpose', [mixed], { attributes: HEADS_FIRST });
    return op('Reshape', [joined, builder.ints('width_shape', [0, 0, sizes.width])]);
  };
}
