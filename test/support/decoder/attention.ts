/** Attention over past and new tokens: what all layers share, then a layer in the wanted form. */
import { int } from '../../../src/ir/attribute.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import type { Value } from '../../../src/ir/value.ts';
import { groupedAttention } from './grouped.ts';
import { visibleKeys } from './mask.ts';
import { multiHeadAttention } from './multi-head.ts';
import { plainAttention } from './plain.ts';
import type { Angles, Attend, Scope } from './scope.ts';
import { standardAttention } from './standard.ts';

const INT32 = 6;

export function attentionOf(scope: Scope, ids: Value, mask: Value): Attend {
  const { form, builder, input } = scope;
  const angles = anglesOf(scope);
  if (form === 'grouped' || form === 'packed') return groupedAttention(scope, mask, angles);
  const positions = input('position_ids', 'int64', ['batch_size', 'sequence_length']);
  if (form === 'multi-head') {
    const padding = builder.op('Cast', [mask], { attributes: { to: int(INT32) } });
    return multiHeadAttention(scope, angles, positions, padding);
  }
  const visible = visibleKeys(scope, ids, mask);
  const attention = form === 'standard' ? standardAttention : plainAttention;
  return attention(scope, angles, positions, visible);
}

/** Rotary embedding turns pair i by position / 10000^(2i / width). */
function anglesOf({ builder, sizes, headWidth }: Scope): Angles {
  const half = headWidth / 2;
  const table = (name: string, of: (angle: number) => number): Value => {
    const length = sizes.positions * half;
    const angle = (at: number): number => Math.floor(at / half) * 10000 ** (-(at % half) / half);
    const values = Float32Array.from({ length }, (_, at) => of(angle(at)));
    return builder.graph.addInitializer(name, Tensor.of('float32', [sizes.positions, half], values));
  };
  return [table('cos_cache', Math.cos), table('sin_cache', Math.sin)];
}
