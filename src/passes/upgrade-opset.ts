/** Raises the ai.onnx opset of a model, rewriting the nodes whose operators changed on the way. */

import { LlmcError } from '../errors.ts';
import { tensorAttribute } from '../ir/attribute.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model, ModelFunction } from '../ir/model.ts';
import { graphsIn } from '../ir/walk.ts';
import { cloneModel } from '../onnx/read.ts';
import { unlistConstants } from './constants.ts';
import type { AdapterTools } from './opset/adapter.ts';
import { CHANGES, irVersionOf, NEWEST, OLDEST } from './opset/table.ts';
import type { Pass, PassScope } from './pass.ts';

/**
 * A pass that brings the model and its functions to ai.onnx `target`; models that are there or beyond stay.
 * It throws LlmcError UNSUPPORTED, naming the node, when an operator's old meaning cannot be expressed any more; the
 * model is then as it was.
 */
export function upgradeOpset(target: number): Pass {
  return {
    name: 'upgrade-opset',
    summary: `bring the model to ai.onnx ${target}`,
    async run(model, scope) {
      const behind = [model, ...model.functions].filter(({ opsets }) => (opsets.get('') ?? target) < target);
      if (behind.length === 0) return;
      requireKnown(model, behind, target);
      const before = cloneModel(model);
      try {
        await raise(model, behind, target, scope);
      } catch (error) {
        model.graph = before.graph;
        model.functions = before.functions;
        model.irVersion = before.irVersion;
        for (const [domain, version] of before.opsets) model.opsets.set(domain, version);
        throw error;
      }
    },
  };
}

function requireKnown(model: Model, behind: readonly (Model | ModelFunction)[], target: number): void {
  const oldest = Math.min(...behind.map(({ opsets }) => opsets.get('') ?? target));
  if (oldest >= OLDEST && target <= NEWEST) return;
  throw new LlmcError('UNSUPPORTED', `cannot bring ai.onnx ${model.opset} to ${target}`, {
    hint: `llmc knows the changes from ${OLDEST} to ${NEWEST}; export the model again with a newer opset`,
  });
}

async function raise(
  model: Model,
  behind: readonly (Model | ModelFunction)[],
  target: number,
  scope: PassScope,
): Promise<void> {
  const types = await scope.types();
  for (const owner of behind) {
    const tools: AdapterTools = {
      types,
      enlarging: new WeakSet(),
      constant(node, suffix, tensor) {
        const { graph } = node;
        if (!graph) throw new Error(`upgrade: ${node.label} is in no graph`);
        const base = `${node.output()?.name ?? node.op}_${suffix}`;
        if (owner === model) {
          unlistConstants(model);
          return graph.addInitializer(base, tensor);
        }
        const value = graph.value(base);
        graph.insertBefore(node, {
          op: 'Constant',
          inputs: [],
          outputs: [value],
          attributes: new Map([['value', tensorAttribute(tensor)]]),
        });
        return value;
      },
    };
    const from = owner.opsets.get('') ?? target;
    for (let version = from + 1; version <= target; version++)
      for (const graph of [...graphsIn(owner.graph)]) step(graph, version, tools, scope);
    owner.opsets.set('', target);
    scope.changed(`raised ai.onnx ${from} to ${target}`, owner === model ? 'model' : owner.graph.name);
  }
  if (irVersionOf(target) > model.irVersion) {
    unlistConstants(model);
    model.irVersion = Math.max(model.irVersion, irVersionOf(target));
  }
}

/** From the version before to `version`. */
function step(graph: Graph, version: number, tools: AdapterTools, { changed }: PassScope): void {
  const adapters = CHANGES[version];
  if (!adapters) return;
  for (const node of graph) {
    const adapter = node.domain === '' ? adapters[node.op] : undefined;
    const { label, op } = node;
    const adapted = adapter?.(node, tools) ?? false;
    if (typeof adapted === 'string')
      throw new LlmcError('UNSUPPORTED', `${label} cannot be brought to ai.onnx ${version}: ${adapted}`, {
        hint: 'export the model again with a newer opset, or choose a scheme that needs none',
      });
    if (adapted) changed(`rewrote ${op} for ai.onnx ${version}`, label);
  }
}
