/** com.microsoft MultiHeadAttention behind RotaryEmbedding: causal, with a mask of padding. */
import { int } from '../../../src/ir/attribute.ts';
import { Node } from '../../../src/ir/node.ts';
import type { Value } from '../../../src/ir/value.ts';
import type { Angles, Attend, Scope } from './scope.ts';

export function multiHeadAttention(scope: Scope, angles: Angles, positions: Value, padding: Value): Attend {
  const { builder, sizes } = scope;
  const heads = { num_heads: int(sizes.heads) };
  const rotate = (x: Value): Value =>
    builder.op('RotaryEmbedding', [x, positions, ...angles], {
      domain: 'com.microsoft',
      attributes: { ...heads, rotary_embedding_dim: int(0) },
    });
  return ({ label, q, k, v, past, present }) => {
    const output = builder.graph.value(`${label}_attention`);
    builder.insert(
      new Node({
        op: 'MultiHeadAttention',
        domain: 'com.microsoft',
        name: `/${label}/MultiHeadAttention`,
        inputs: [rotate(q), rotate(k), v, null, padding, null, ...past],
        outputs: [output, ...present],
        attributes: new Map(Object.entries({ ...heads, unidirectional: int(1) })),
      }),
    );
    return output;
  };
}
