/** Attention and RotaryEmbedding of ai.onnx opset 23. */
import { int } from '../../../src/ir/attribute.ts';
import { Node } from '../../../src/ir/node.ts';
import type { Value } from '../../../src/ir/value.ts';
import type { Angles, Attend, Scope } from './scope.ts';

export function standardAttention(scope: Scope, angles: Angles, positions: Value, visible: Value): Attend {
  const { builder, sizes } = scope;
  const rotate = (x: Value, heads: number): Value =>
    builder.op('RotaryEmbedding', [x, ...angles, positions], { attributes: { num_heads: int(heads) } });
  return ({ label, q, k, v, past, present }) => {
    const output = builder.graph.value(`${label}_attention`);
    builder.insert(
      new Node({
        op: 'Attention',
        name: `/${label}/Attention`,
        inputs: [rotate(q, sizes.heads), rotate(k, sizes.kvHeads), v, visible, ...past],
        outputs: [output, ...present],
        attributes: new Map([
          ['q_num_heads', int(sizes.heads)],
          ['kv_num_heads', int(sizes.kvHeads)],
        ]),
      }),
    );
    return output;
  };
}
