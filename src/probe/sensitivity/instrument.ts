/** One copy of a model in which any layer can be changed at run time, so that one session measures all of them. */

import type { HostTensor } from '../../data/host-tensor.ts';
import type { Attribute } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { cloneModel } from '../../onnx/read.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import type { Context } from '../../step.ts';
import type { ActivationStandIn, Layer, WeightStandIn } from './stand-in.ts';

/** A weight that is an input of the copy. */
interface FedWeight {
  readonly input: string;
  readonly float: HostTensor;
  readonly standIn: WeightStandIn;
}

export interface Instrumented {
  readonly model: Model;
  /** Names of the inputs that the copy has besides the model's. */
  readonly added: ReadonlySet<string>;
  /** What to feed to these: nothing changed, or only `layer`. */
  feeds(layer: Layer | null): Record<string, HostTensor>;
}

/**
 * Weights of the layers become inputs: feeding others costs nothing, and no session has to be built per layer.
 * Activations pass an If that rounds them when its layer's turn has come.
 */
export async function instrument(
  model: Model,
  layers: readonly Layer[],
  context: Context,
): Promise<Instrumented> {
  const copy = cloneModel(model);
  const twins = pairNodes(model, copy);
  const active = copy.graph.value('sensitivity_active');
  active.type = { dtype: 'int64', shape: [] };
  const weights = new Map<Layer, FedWeight[]>();
  let switches = 0;
  for (const [turn, layer] of layers.entries()) {
    const twin = twins.get(layer.node);
    if (!twin) throw new Error(`${layer.node.label} is no node of the model`);
    const fed: FedWeight[] = [];
    for (const standIn of layer.standIns) {
      if ('weight' in standIn) fed.push(feedWeight(copy, twin, layer.node, standIn));
      else {
        insertSwitch(twin, standIn, active, turn);
        switches++;
      }
    }
    weights.set(layer, fed);
  }
  if (switches > 0) copy.graph.inputs.push(active);
  await runPasses(copy, [removeDead], context);
  const all = [...weights.values()].flat();
  const turnOf = new Map(layers.map((layer, turn) => [layer, turn]));
  return {
    model: copy,
    added: new Set([...all.map(({ input }) => input), ...(switches > 0 ? [active.name] : [])]),
    feeds: (layer) => {
      const feeds: Record<string, HostTensor> = {};
      for (const { input, float } of all) feeds[input] = float;
      for (const { input, float, standIn } of (layer && weights.get(layer)) ?? [])
        feeds[input] = { ...float, data: standIn.weight() };
      const turn = layer === null ? -1 : (turnOf.get(layer) ?? -1);
      if (switches > 0)
        feeds[active.name] = { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(turn)) };
      return feeds;
    },
  };
}

function pairNodes(model: Model, copy: Model): Map<Node, Node> {
  const twins = [...allNodes(copy, { functions: false })];
  return new Map(
    [...allNodes(model, { functions: false })].map((node, index) => [node, twins[index] as Node]),
  );
}

function feedWeight(copy: Model, twin: Node, node: Node, standIn: WeightStandIn): FedWeight {
  const tensor = node.constant(standIn.index);
  if (!tensor) throw new Error(`${node.label}: input ${standIn.index} is no constant`);
  const { dtype, dims } = tensor;
  const input = copy.graph.value('sensitivity_weight');
  input.type = { dtype, shape: dims };
  copy.graph.inputs.push(input);
  twin.setInput(standIn.index, input);
  return { input: input.name, float: { dtype, dims, data: tensor.array() }, standIn };
}

/** Puts an If in front of one input: rounded in this layer's turn, as it is in every other. */
function insertSwitch(twin: Node, { index, build }: ActivationStandIn, active: Value, turn: number): void {
  const value = twin.input(index);
  const { graph } = twin;
  if (!value || !graph) throw new Error(`${twin.label} reads nothing at input ${index}`);
  const builder = new Builder(graph, { before: twin });
  const own = graph.addInitializer(
    'sensitivity_turn',
    Tensor.of('int64', [], BigInt64Array.of(BigInt(turn))),
  );
  const on = builder.op('Equal', [active, own]);
  const branch = (make: (inside: Builder) => Value): Attribute => {
    const body = new Graph(graph);
    body.name = graph.uniqueName('sensitivity_branch');
    body.outputs.push(make(new Builder(body)));
    return { kind: 'graph', value: body };
  };
  const attributes = {
    then_branch: branch((inside) => build(inside, value)),
    else_branch: branch((inside) => inside.op('Identity', [value])),
  };
  twin.setInput(index, builder.op('If', [on], { attributes }));
}
