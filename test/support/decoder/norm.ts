/** Root-mean-square normalization as the forms of the decoder write it. */
import { float, int } from '../../../src/ir/attribute.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import type { Value } from '../../../src/ir/value.ts';
import type { Scope } from './scope.ts';

const EPSILON = 1e-5;

export function normOf(scope: Scope, x: Value, name: string): Value {
  const { builder, form, weight, sizes } = scope;
  const scale = weight(`${name}.weight`, [sizes.width]);
  if (form !== 'plain') {
    const type = form === 'standard' ? 'RMSNormalization' : 'SimplifiedLayerNormalization';
    const attributes = { axis: int(-1), epsilon: float(EPSILON) };
    return builder.op(type, [x, scale], { name: `/${name}/${type}`, attributes });
  }
  const constant = (base: string, value: number): Value =>
    builder.graph.addInitializer(base, Tensor.scalar(value));
  const square = builder.op('Pow', [x, constant('two', 2)]);
  const mean = builder.op('ReduceMean', [square, builder.ints('last', [-1])], {
    attributes: { keepdims: int(1) },
  });
  const root = builder.op('Sqrt', [builder.op('Add', [mean, constant('epsilon', EPSILON)])]);
  return builder.op('Mul', [builder.op('Div', [x, root]), scale], { name: `/${name}/Mul` });
}
