/** Energy of a value: the sum of its squares. */
import { flat, reduce } from './nodes.ts';
import type { Probe } from './probe.ts';

/** [1] */
export const energyProbe: Probe<number> = {
  name: 'energy',
  opset: 9,
  width: 1,
  combine: 'sum',
  build(scope, value) {
    const row = flat(scope, scope.builder.op('Mul', [value, value]));
    const sum = reduce(scope, 'ReduceSum', row, 0);
    return scope.builder.op('Reshape', [sum, scope.builder.ints('energy_row', [1])]);
  },
  read: ([sum = 0]) => sum,
};
