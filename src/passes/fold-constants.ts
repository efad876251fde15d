/** Nodes that only see constants are evaluated now, unless the file would grow by more than it saves. */
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs, topologicalOrder } from '../ir/walk.ts';
import { becomeConstant, Constants, unlistConstants } from './constants.ts';
import { type Evaluation, evaluate, isTransferable } from './evaluate.ts';
import { FoldGuard } from './fold-guard.ts';
import { isDeterministic } from './foldable.ts';
import { mergeGroup } from './merge-initializers.ts';
import { movesWeights, moveWeights } from './move-weights.ts';
import { callsFunction } from './opsets.ts';
import type { Pass, PassScope } from './pass.ts';

/** From this size on elements are moved without reading them, where the operator allows. */
const LAZY_BYTES = 1 << 18;
/** Results up to this size are computed whatever they come from: something small may follow from them. */
const SMALL_BYTES = 1 << 20;

export const foldConstants: Pass = {
  name: 'fold-constants',
  summary: 'evaluate nodes that only see constants, where that does not make the file larger',
  async run(model, scope) {
    const constants = new Constants(model);
    const reasons = new Map<Node, string>();
    // What one fold leaves behind can make another worth its bytes, so sweep until a whole sweep folds nothing.
    for (let folded = 1; folded > 0; ) {
      folded = 0;
      reasons.clear();
      // What was not worth folding keeps its node; what leads to it is then judged for itself.
      for (let refused = -1; refused < reasons.size; ) {
        refused = reasons.size;
        folded += await sweep(model, constants, reasons, scope);
      }
    }
    for (const [node, reason] of reasons) scope.kept(node.label, reason);
  },
};

/** Folds what is worth it and adds the rest to `reasons`; returns how many values became constants. */
async function sweep(
  model: Model,
  constants: Constants,
  reasons: Map<Node, string>,
  scope: PassScope,
): Promise<number> {
  const nodes = foldableNodes(model, constants, reasons);
  if (nodes.length === 0) return 0;
  const folding = new Folding(model, constants, reasons);
  await folding.evaluateAll(nodes, scope.context.signal);
  const guard = new FoldGuard(nodes, folding.known, constants);
  const { accepted, refused } = guard.decide((values) => {
    unlistConstants(model);
    for (const value of values) scope.changed(`folded ${value.producer?.op}`, value.name);
    const [dead, unused] = guard.freedBy(values);
    for (const node of dead) node.graph?.remove(node);
    for (const value of values) {
      const tensor = folding.known.get(value);
      if (tensor) becomeConstant(value, tensor);
    }
    for (const constant of unused) constant.graph.removeInitializer(constant);
    // Counted once, so stored once.
    for (const group of guard.equal(values).filter(({ length }) => length > 1))
      mergeGroup(model, group, scope);
  });
  for (const [value, growth] of refused) {
    const reason = Number.isFinite(growth)
      ? `folding it would add ${growth} bytes`
      : 'another result of its node cannot be folded';
    if (value.producer) reasons.set(value.producer, reason);
  }
  return accepted;
}

/** Nodes that depend on constants alone and were not refused before, in an order that evaluates. */
function foldableNodes(model: Model, constants: Constants, refused: ReadonlyMap<Node, string>): Node[] {
  const isCall = callsFunction(model);
  const made = new Set<Value>();
  const found: Node[] = [];
  for (const graph of allGraphs(model, { functions: false }))
    for (const node of topologicalOrder(graph) ?? []) {
      const fixed = node.inputs.every((value) => !value || constants.has(value) || made.has(value));
      if (!fixed || refused.has(node) || isCall(node) || !isDeterministic(node)) continue;
      found.push(node);
      for (const value of node.outputs) if (value) made.add(value);
    }
  return found;
}

/** One evaluation of foldable nodes: large weights are moved by views, all else goes through onnxruntime. */
class Folding implements Evaluation {
  readonly known = new Map<Value, Tensor>();
  readonly failed: Map<Node, string>;
  readonly #model: Model;
  readonly #constants: Constants;

  constructor(model: Model, constants: Constants, failed: Map<Node, string>) {
    this.#model = model;
    this.#constants = constants;
    this.failed = failed;
  }

  /** Views and runtime take turns where they depend on each other. */
  async evaluateAll(nodes: readonly Node[], signal: AbortSignal): Promise<void> {
    const constant = (value: Value): Tensor | null => this.#constants.tensor(value);
    const { opsets } = this.#model;
    for (let pending = nodes; pending.length > 0; ) {
      signal.throwIfAborted();
      const { batch, postponed } = this.#divide(pending);
      await evaluate({ opsets, nodes: batch, constant, limit: this.#limit(nodes) }, this);
      if (postponed.length === pending.length) return;
      pending = postponed;
    }
  }

  /** Moves what can be moved now; the rest is for the runtime, or waits for a result of it. */
  #divide(pending: readonly Node[]): { batch: Node[]; postponed: Node[] } {
    const coming = new Set<Value>();
    const [batch, postponed]: [Node[], Node[]] = [[], []];
    for (const node of pending) {
      const isKnown = (value: Value | null): boolean => !value || this.#tensor(value) !== null;
      if (!node.inputs.every((value) => isKnown(value) || (value && coming.has(value)))) postponed.push(node);
      else if (!this.#isLazy(node)) {
        batch.push(node);
        for (const value of node.outputs) if (value) coming.add(value);
      } else if (node.inputs.every(isKnown)) this.#move(node);
      else postponed.push(node);
    }
    return { batch, postponed };
  }

  #tensor(value: Value | null): Tensor | null {
    return value && (this.known.get(value) ?? this.#constants.tensor(value));
  }

  /** True for moves of large constants, and of types that onnxruntime does not hand out. */
  #isLazy(node: Node): boolean {
    if (!movesWeights(node)) return false;
    if (node.op === 'Constant') return true;
    const data = node.inputs.map((value) => this.#tensor(value)).filter((tensor) => tensor !== null);
    return data.some((tensor) => tensor.byteLength >= LAZY_BYTES || !isTransferable(tensor.dtype));
  }

  #move(node: Node): void {
    const results = moveWeights({
      node,
      opset: this.#model.opset,
      constant: (index) => this.#tensor(node.input(index)),
    });
    if (!results) this.failed.set(node, 'its constants are too large to evaluate');
    for (const [index, value] of node.outputs.entries()) {
      const result = results?.[index];
      if (value && result) this.known.set(value, result);
    }
  }

  /** How large a result may be for it to be possible that folding pays: what all constants behind it take, at most. */
  #limit(nodes: readonly Node[]): (node: Node) => number {
    const behind = new Map<Value, number>();
    for (const node of nodes) {
      let bytes = 0;
      for (const value of node.inputs)
        if (value) bytes += behind.get(value) ?? this.#tensor(value)?.byteLength ?? 0;
      for (const value of node.outputs) if (value) behind.set(value, bytes);
    }
    return (node) => Math.max(SMALL_BYTES, ...node.outputs.map((value) => (value && behind.get(value)) ?? 0));
  }
}
