/** com.microsoft GroupQueryAttention: rotary embedding, cache and mask inside. */
import { int } from '../../../src/ir/attribute.ts';
import { Node } from '../../../src/ir/node.ts';
import type { Value } from '../../../src/ir/value.ts';
import { type Angles, type Attend, index, type Scope } from './scope.ts';

const INT32 = 6;

export function groupedAttention(scope: Scope, mask: Value, angles: Angles): Attend {
  const { builder, form, sizes } = scope;
  const cast = (value: Value): Value => builder.op('Cast', [value], { attributes: { to: int(INT32) } });
  const sum = builder.op('ReduceSum', [mask, builder.ints('last', [-1])], {
    attributes: { keepdims: int(0) },
  });
  const lengths = cast(builder.op('Sub', [sum, index(scope, 1)]));
  const total = cast(builder.op('Gather', [builder.op('Shape', [mask]), index(scope, 1)]));
  return ({ label, q, k, v, past, present }) => {
    const packed = (): Value => builder.op('Concat', [q, k, v], { attributes: { axis: int(-1) } });
    const parts = form === 'packed' ? [packed(), null, null] : [q, k, v];
    const output = builder.graph.value(`${label}_attention`);
    builder.insert(
      new Node({
        op: 'GroupQueryAttention',
        domain: 'com.microsoft',
        name: `/${label}/GroupQueryAttention`,
        inputs: [...parts, ...past, lengths, total, ...angles],
        outputs: [output, ...present],
        attributes: new Map(
          Object.entries({ num_heads: sizes.heads, kv_num_heads: sizes.kvHeads, do_rotary: 1 }).map(
            ([name, value]) => [name, int(value)],
          ),
        ),
      }),
    );
    return output;
  };
}
