/** Pass: a named change of a model that keeps its outputs; the runner times it and records what it says it did. */
import type { Model } from '../ir/model.ts';
import { allGraphs, allNodes } from '../ir/walk.ts';
import type { Context } from '../step.ts';
import { trustedTypes, type ValueTypes } from './types.ts';

/** What a pass works with besides the model. */
export interface PassScope {
  readonly context: Context;
  /** Types of values, asked from onnxruntime at the first call. */
  types(): Promise<ValueTypes>;
  /** Records a change: what was done (the same words for the same thing) and to which node or tensor. */
  changed(what: string, target: string): void;
  /** Records something left alone although the pass is about such things, and why. */
  kept(target: string, reason: string): void;
}

export interface Pass {
  readonly name: string;
  /** One sentence for lists and reports. */
  readonly summary: string;
  /** True for passes that take no value or name away: only these run on models with training graphs. */
  readonly keepsNames?: true;
  run(model: Model, scope: PassScope): void | Promise<void>;
}

/** One kind of change and everything it was done to, in order. */
export interface Change {
  readonly what: string;
  readonly targets: readonly string[];
}

export interface PassTrace {
  readonly name: string;
  readonly changes: readonly Change[];
  readonly kept: readonly { readonly target: string; readonly reason: string }[];
  /** Nodes of the whole model, subgraphs and functions included. */
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  /** Bytes of all constants. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly ms: number;
}

/**
 * Runs passes in order on the model, in place.
 * @throws whatever a pass throws: LlmcError UNSUPPORTED when it was asked for something it cannot do
 */
export async function runPasses(
  model: Model,
  passes: readonly Pass[],
  context: Context,
): Promise<PassTrace[]> {
  let types: Promise<ValueTypes> | undefined;
  const traces: PassTrace[] = [];
  for (const pass of passes) {
    context.signal.throwIfAborted();
    const changes = new Map<string, string[]>();
    const kept: { target: string; reason: string }[] = [];
    const [nodesBefore, bytesBefore] = [countNodes(model), constantBytes(model)];
    const start = performance.now();
    const scope: PassScope = {
      context,
      types: () => {
        types ??= trustedTypes(model);
        return types;
      },
      changed: (what, target) => {
        const targets = changes.get(what);
        if (targets) targets.push(target);
        else changes.set(what, [target]);
      },
      kept: (target, reason) => kept.push({ target, reason }),
    };
    if (model.rest?.['training_info'] && !pass.keepsNames)
      scope.kept('the model', 'it has training graphs, which refer to its values by name');
    else await pass.run(model, scope);
    traces.push({
      name: pass.name,
      changes: [...changes].map(([what, targets]) => ({ what, targets })),
      kept,
      nodesBefore,
      nodesAfter: countNodes(model),
      bytesBefore,
      bytesAfter: constantBytes(model),
      ms: performance.now() - start,
    });
  }
  return traces;
}

/** A change in one line: `removed Identity: 12 (a, b, c, ...)`. */
export function changeText({ what, targets }: Change): string {
  const shown = targets.slice(0, 3).join(', ');
  return `${what}: ${targets.length} (${shown}${targets.length > 3 ? ', ...' : ''})`;
}

function countNodes(model: Model): number {
  let count = 0;
  for (const graph of allGraphs(model)) count += graph.nodeCount;
  return count;
}

/** Bytes of the constants a model holds: initializers and tensors in attributes. Reads nothing. */
export function constantBytes(model: Model): number {
  let bytes = 0;
  for (const graph of allGraphs(model))
    for (const value of graph.initializers) bytes += value.tensor?.byteLength ?? 0;
  for (const node of allNodes(model))
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'tensor') bytes += attribute.value.byteLength;
  return bytes;
}
