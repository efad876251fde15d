/** What a layer sums over, observed: the Gram matrix of the numbers its weights are multiplied with. */

import { Builder } from '../../ir/builder.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Gram } from '../../numeric/hessian.ts';
import { cloneModel } from '../../onnx/read.ts';
import type { ObserveOptions } from '../../probe/batches.ts';
import { type ChannelGram, channelGramProbe } from '../../probe/channel-gram.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import type { Context } from '../../step.ts';
import { type LinearLayer, linearLayer, unitWeight } from '../recover/linear-layer.ts';
import type { MaskLayer } from './layer.ts';

/** Longer sums make Gram matrices that take too much memory and time. */
const MOST = 4096;

/** Why nothing can be observed of a layer, or null. */
export function unobservable(model: Model, { uses, columns }: MaskLayer): string | null {
  if (columns.length > MOST) return `its sums are over ${columns.length} numbers, more than ${MOST}`;
  const plain = uses.every(
    (node) => node.graph === model.graph && linearLayer(node, true) !== null && node.output()?.rank != null,
  );
  return plain
    ? null
    : 'what its sums are over cannot be observed: it is grouped, recurrent, or in a subgraph';
}

/**
 * Gram matrices [columns, columns] of observable layers, over all uses. Types of the model must be known.
 * @throws LlmcError DATA and RUNTIME when the model cannot be run on the data
 */
export async function observeGrams(
  model: Model,
  layers: readonly MaskLayer[],
  options: ObserveOptions,
  context: Context,
): Promise<ReadonlyMap<MaskLayer, Gram>> {
  const copy = cloneModel(model);
  const byOutput = new Map(copy.graph.nodes.map((node) => [node.output()?.name, node]));
  const taps = layers.map((layer) =>
    layer.uses.flatMap((use) => {
      const node = byOutput.get(use.output()?.name);
      return node ? (tapOf(node, use.output()?.rank ?? null) ?? []) : [];
    }),
  );
  const observed = await observe(
    copy,
    taps.flatMap((each) => each.map(({ tap }) => tap)),
    options,
    context,
  );
  const grams = new Map<MaskLayer, Gram>();
  for (const [index, layer] of layers.entries())
    for (const { tap, linear } of taps[index] ?? []) {
      const found = observed.get(tap);
      if (!found || found.count === 0) continue;
      const before = grams.get(layer) ?? { sum: new Float64Array(layer.columns.length ** 2), rows: 0 };
      addInOrder(before.sum, found.products, placesIn(linear, layer));
      grams.set(layer, { sum: before.sum, rows: before.rows + found.count });
    }
  return grams;
}

function tapOf(node: Node, rank: number | null): { tap: Tap<ChannelGram>; linear: LinearLayer } | null {
  const linear = linearLayer(node, true);
  const { graph } = node;
  if (!linear || !graph || rank === null) return null;
  const unit = unitWeight(linear);
  const inputs = node.inputs.map((value, index) =>
    index <= Math.max(linear.data, linear.weight) ? value : null,
  );
  inputs[linear.weight] = graph.addInitializer('unit', Tensor.of('float32', unit.dims, unit.floats));
  while (inputs.at(-1) === null) inputs.pop();
  const value = new Builder(graph).op(node.op, inputs, {
    domain: node.domain,
    attributes: Object.fromEntries(node.attributes),
    type: { dtype: 'float32', shape: Array.from({ length: rank }, () => null) },
  });
  return { tap: { value, probe: channelGramProbe(linear.resultAxis, linear.inner) }, linear };
}

/** Where the columns of a mask are among the numbers a channel is a sum of. */
function placesIn({ dims, weightAxis }: LinearLayer, { columns }: MaskLayer): Int32Array {
  const behind = dims.slice(weightAxis + 1).reduce((product, dim) => product * dim, 1);
  const size = dims[weightAxis] as number;
  return columns.map((flat) => Math.floor(flat / (behind * size)) * behind + (flat % behind));
}

function addInOrder(sum: Float64Array, products: Float64Array, places: Int32Array): void {
  const size = places.length;
  for (let i = 0; i < size; i++) {
    const row = (places[i] as number) * size;
    for (let j = 0; j < size; j++)
      sum[i * size + j] = (sum[i * size + j] as number) + (products[row + (places[j] as number)] as number);
  }
}
