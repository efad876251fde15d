/** How much a model computes: MACs by operator, at stated sizes of its symbolic dims. */
import { type Bindings, bindDims, openDims } from '../data/dims.ts';
import { candidateBindings } from '../data/ladder.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { allNodes } from '../ir/walk.ts';
import { countMacs } from '../ops/macs.ts';
import { concreteShapes } from './concrete-shapes.ts';

export interface Work {
  /** The sum over all nodes whose count is known; bodies of control flow count once. */
  readonly macs: number;
  /** Sizes the symbolic dims were given. */
  readonly bindings: Bindings;
  readonly byNode: ReadonlyMap<Node, number>;
  /** Nodes that multiply but could not be counted, by reason. */
  readonly unknown: readonly { readonly reason: string; readonly nodes: readonly string[] }[];
}

/** How many guesses of sizes are tried when the runtime finds a contradiction in them. */
const GUESSES = 4;

/**
 * Counts after asking onnxruntime for the shapes; the model is good for nothing else afterwards (concrete-shapes.ts).
 * @param dims sizes the user has fixed; LlmcError USAGE for a name the model does not have
 */
export async function countWork(model: Model, dims: Bindings): Promise<Work> {
  const bindings = await bindShapes(model, dims);
  const byNode = new Map<Node, number>();
  const unknown = new Map<string, string[]>();
  let macs = 0;
  for (const node of allNodes(model, { functions: false })) {
    const count = countMacs(node);
    if ('macs' in count) {
      byNode.set(node, count.macs);
      macs += count.macs;
    } else unknown.set(count.unknown, [...(unknown.get(count.unknown) ?? []), node.label]);
  }
  return { macs, bindings, byNode, unknown: [...unknown].map(([reason, nodes]) => ({ reason, nodes })) };
}

async function bindShapes(model: Model, dims: Bindings): Promise<Bindings> {
  const inputs = model.graph.inputs.filter((input) => !input.tensor && input.type?.shape);
  const infos = inputs.map(
    ({ name, type }): ValueInfo => ({ name, dtype: type?.dtype ?? '', dims: type?.shape ?? [] }),
  );
  const open = openDims(infos);
  const foreign = Object.keys(dims).find((name) => !open.some((dim) => dim.name === name));
  if (foreign !== undefined)
    throw new LlmcError('USAGE', `the model has no symbolic dim "${foreign}"`, {
      hint:
        open.length > 0
          ? `its symbolic dims: ${open.map(({ name }) => name).join(', ')}`
          : 'all its input dims are fixed',
    });
  let last: Bindings = {};
  let guesses = 0;
  for (const bindings of candidateBindings(open, { dims })) {
    last = bindings;
    for (const [index, input] of inputs.entries())
      if (input.type) input.type = { ...input.type, shape: bindDims(infos[index] as ValueInfo, bindings) };
    const failures = await concreteShapes(model);
    if (failures.length === 0 || ++guesses >= GUESSES) break;
  }
  return last;
}
