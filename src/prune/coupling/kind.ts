/** What the channels of a group are, as people call them: read from how products of activations use them. */
import { isRelation } from '../../ops/spec.ts';
import { specOf } from '../../ops/table.ts';
import type { PruneGroup } from './group.ts';
import type { Strand } from './strand.ts';

export type Kind = 'heads' | 'head-width' | 'channels' | 'width';

/**
 * width: what normalizations take means over, such as the stream through a transformer;
 * heads: attention is computed for each apart; head-width: they lie within heads; channels: everything else, such as
 * channels of convolutions, neurons, hidden units.
 */
export function kindOf({ crossed, approximate }: PruneGroup): Kind {
  if (approximate !== null) return 'width';
  let kind: Kind = 'channels';
  for (const { strand } of crossed) {
    const role = roleIn(strand);
    if (role === 'batch') return 'heads';
    if (role === 'inside') kind = 'head-width';
  }
  return kind;
}

/** Where a strand runs in a product of two computed tensors: along the matrices, or inside them. */
function roleIn({ node, places, attributes }: Strand): 'batch' | 'inside' | null {
  if (!node) return null;
  const spec = specOf(node);
  if (!spec || isRelation(spec.axes)) return null;
  const inputs = places.filter(({ slot, site }) => slot >= 0 && !site.value.tensor);
  const result = places.some(({ slot }) => slot < 0);
  // Fused attention says in an attribute how many heads there are.
  if (attributes.some((name) => /num_heads$/.test(name))) return 'batch';
  const multiplies =
    spec.macs !== undefined || (spec.quant?.kind === 'compute' && spec.quant.weights.length > 0);
  const computed = node.inputs.filter((value) => value && !value.tensor).length;
  if (!multiplies || computed < 2) return null;
  const slots = new Set(inputs.map(({ slot }) => slot));
  return slots.size >= 2 && result ? 'batch' : 'inside';
}
