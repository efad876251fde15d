/** The products of activations and constant weights in a model, and which axis of the activation is summed over. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { contractionAxes } from '../../ops/contraction.ts';
import { specOf } from '../../ops/table.ts';
import type { Constants } from '../../passes/constants.ts';
import type { Selection } from '../../passes/selection.ts';
import type { AxisFlow, Slot } from './scaling/axis-flow.ts';
import { type ChannelMap, identityMap } from './scaling/channel-map.ts';

export interface Contraction {
  readonly node: Node;
  /** The input that holds the activation. */
  readonly data: number;
  readonly value: Value;
  /** The input that holds the weight. */
  readonly weight: number;
  /** The activation's axis of input channels. */
  readonly axis: number;
  /** Its extent. */
  readonly size: number;
  /** The input channel of each position of the weight. */
  readonly map: ChannelMap;
}

/** Every product with a float32 weight that is to be quantized; no bodies of functions. */
export function contractionsOf(
  model: Model,
  flow: AxisFlow,
  constants: Constants,
  select: Selection,
): Contraction[] {
  const found: Contraction[] = [];
  for (const node of allNodes(model, { functions: false })) {
    const role = specOf(node)?.quant;
    if (role?.kind !== 'compute' || select(node) !== null) continue;
    for (const weight of role.weights)
      if (constants.tensor(node.input(weight))?.dtype === 'float32')
        found.push(...productsOf(node, weight, flow));
  }
  return found;
}

function productsOf(node: Node, weight: number, flow: AxisFlow): Contraction[] {
  return node.inputs.flatMap((value, data) => {
    if (!value || value.tensor || value.dtype !== 'float32') return [];
    for (const axis of contractionAxes(node, data)) {
      const [from, to] = [data, weight].map((index): Slot => ({ side: 'inputs', index })) as [Slot, Slot];
      const size = flow.extent(node, from, axis);
      const map = size === null ? null : flow.transfer(node, from, identityMap(axis, size), to);
      if (size !== null && map && map.keys.length > 0)
        return [{ node, data, value, weight, axis, size, map }];
    }
    return [];
  });
}
