/** com.microsoft.Attention with constant projection weights, as QAttention. */
import type { Node } from '../../ir/node.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import { symmetricWeights } from '../schemes/scheme.ts';
import type { DynamicQuantizer } from './quantizer.ts';

/** Attributes QAttention shares with Attention. */
const SHARED = new Set([
  'num_heads',
  'unidirectional',
  'mask_filter_value',
  'scale',
  'do_rotary',
  'past_present_share_buffer',
]);

/** Weights [hidden, 3 hidden] with one scale or one per column. */
export function quantizeAttention(q: DynamicQuantizer, node: Node): string | null {
  const [x, w, bias, mask, past, ...more] = node.inputs;
  if (!x || w?.tensor?.dims.length !== 2 || !bias) return 'its weights are computed';
  if (node.attributes.has('qkv_hidden_sizes')) return 'QAttention knows no differing q, k and v sizes';
  if (more.some((value) => value)) return 'QAttention has no attention bias or past length';
  const foreign = [...node.attributes.keys()].find((name) => !SHARED.has(name));
  if (foreign) return `QAttention has no attribute ${foreign}`;
  const weight = q.weight(w, {
    type: q.options.weightType,
    symmetric: symmetricWeights(q.options),
    reduceRange: q.options.reduceRange,
    axis: q.options.perChannel ? 1 : null,
  });
  const activation = q.activation(x, node);
  const emitter = new Emitter(node);
  const inputs = [
    activation.codes,
    weight.codes,
    bias,
    activation.scale,
    weight.scale,
    mask ?? null,
    activation.zeroPoint,
    weight.zeroPoint,
    past ?? null,
  ];
  emitter.into('QAttention', inputs, takeOutputs(node), {
    name: node.name ? `${node.name}_quant` : '',
    domain: 'com.microsoft',
    attributes: Object.fromEntries(node.attributes),
  });
  emitter.graph.remove(node);
  return null;
}
