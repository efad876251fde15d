/** Which key a query may see: none after it, none that is padding. */
import { int } from '../../../src/ir/attribute.ts';
import type { Value } from '../../../src/ir/value.ts';
import { index, type Scope } from './scope.ts';

const BOOL = 9;

/** bool [batch, 1, sequence, total] */
export function visibleKeys(scope: Scope, ids: Value, mask: Value): Value {
  const { builder } = scope;
  const length = (of: Value): Value => builder.op('Gather', [builder.op('Shape', [of]), index(scope, 1)]);
  const total = length(mask);
  const past = builder.op('Sub', [total, length(ids)]);
  const range = (from: Value): Value => builder.op('Range', [from, total, index(scope, 1)]);
  const rows = builder.op('Unsqueeze', [range(past), builder.ints('axes', [-1])]);
  const causal = builder.op('LessOrEqual', [range(index(scope, 0)), rows]);
  const real = builder.op('Cast', [mask], { attributes: { to: int(BOOL) } });
  const wide = builder.op('Unsqueeze', [real, builder.ints('axes', [1, 2])]);
  return builder.op('And', [causal, wide]);
}
