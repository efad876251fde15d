/** Decides which nodes run on integers and which of their values are quantized; nothing is changed yet. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { specOf } from '../../ops/table.ts';
import type { Selection } from '../../passes/selection.ts';
import { type StaticRole, staticRole } from './role.ts';

export interface PlannedNode {
  readonly node: Node;
  readonly role: StaticRole;
  /** False where its result stays in floats: nobody wants it as integers. */
  readonly quantizedResult: boolean;
}

export interface StaticPlan {
  readonly nodes: ReadonlyMap<Node, PlannedNode>;
  /** Nodes like Relu that the quantizer of the value in front of them makes superfluous. */
  readonly absorbed: ReadonlySet<Node>;
  /** Nodes with weights that stay float, with the reason. */
  readonly refused: ReadonlyMap<Node, string>;
}

export interface PlanOptions {
  readonly select: Selection;
  /** Nodes to leave alone, with the reason. */
  readonly keep: ReadonlyMap<Node, string>;
  /** Symmetric activations have codes below the bound of a Relu: it cannot be absorbed. */
  readonly mayAbsorb: boolean;
  /** Quantize also what onnxruntime's CPU provider computes in floats: other runtimes have kernels for it. */
  readonly anywhere: boolean;
}

/**
 * Contractions lead. Other operators with an integer kernel follow where their data are integers already and somebody
 * wants integers from them; so no value is turned into floats and back for nothing. What only moves values is put
 * behind the quantizer too when all its readers are quantized.
 */
export function planStatic(model: Model, options: PlanOptions): StaticPlan {
  const planner = new Planner(options);
  for (const node of allNodes(model, { functions: false })) planner.consider(node);
  return planner.settle();
}

class Planner {
  readonly #options: PlanOptions;
  readonly #roles = new Map<Node, StaticRole>();
  readonly #refused = new Map<Node, string>();
  /** The absorbed node by the value it makes. */
  readonly #absorbed = new Map<Value, Node>();

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  consider(node: Node): void {
    const role = staticRole(node, this.#options.anywhere);
    if (role === null) return;
    const reason = typeof role === 'string' ? role : this.#obstacle(node, role);
    if (typeof role === 'string' || reason !== null) {
      if (typeof role === 'string' || role.leads) this.#refused.set(node, reason as string);
    } else this.#roles.set(node, role);
  }

  #obstacle(node: Node, role: StaticRole): string | null {
    const excluded = this.#options.keep.get(node) ?? this.#options.select(node);
    if (excluded) return excluded;
    const floats = [...role.operands, ...(role.weight === null ? [] : [role.weight])];
    const other = floats
      .map((index) => node.input(index)?.dtype ?? null)
      .find((dtype) => dtype !== 'float32');
    if (other !== undefined)
      return other === null ? 'the type of its data is unknown' : `its data is ${other}`;
    return role.operands.length === 0 ? 'it has no data' : null;
  }

  settle(): StaticPlan {
    // Behind what moves values nothing is absorbed: in front of the move the values are not cut off yet.
    if (this.#options.mayAbsorb) for (const [node, role] of this.#roles) if (!role.shares) this.#absorb(node);
    for (let removed = true; removed; ) {
      removed = false;
      for (const [node, role] of this.#roles)
        if (!role.leads && !this.#follows(node, role)) {
          this.#roles.delete(node);
          removed = true;
        }
    }
    // Nothing is absorbed behind a node that turned out to stay float.
    for (const value of [...this.#absorbed.keys()]) if (!this.#isMade(value)) this.#absorbed.delete(value);
    const nodes = new Map<Node, PlannedNode>();
    for (const [node, role] of this.#roles)
      nodes.set(node, { node, role, quantizedResult: this.#hasQuantizedResult(node, role) });
    return { nodes, absorbed: new Set(this.#absorbed.values()), refused: this.#refused };
  }

  /** Marks the node behind `node` when it does nothing but cut off values. */
  #absorb(node: Node): void {
    const value = node.output();
    const [use] = value?.uses ?? [];
    if (value?.useCount !== 1 || value.isGraphOutput || !use || use.index !== 0) return;
    const role = specOf(use.node)?.quant;
    const output = use.node.output();
    if (role?.kind !== 'passthrough' || !role.bounds || !output || use.node.graph !== node.graph) return;
    const bounds = role.bounds(use.node);
    // Zero has a code, so bounds that leave it out cannot be met.
    if (!bounds || (bounds.min ?? 0) > 0 || (bounds.max ?? 0) < 0) return;
    this.#absorbed.set(output, use.node);
  }

  /** The node whose result a value is, seen through what is absorbed. */
  #maker(value: Value): Node | null {
    const absorbed = this.#absorbed.get(value);
    return (absorbed ? absorbed.input(0) : value)?.producer ?? null;
  }

  /** True for values that come out of an integer kernel as integers. */
  #isMade(value: Value): boolean {
    const node = this.#maker(value);
    const role = node ? this.#roles.get(node) : undefined;
    return node !== null && role !== undefined && this.#hasQuantizedResult(node, role);
  }

  #hasQuantizedResult(node: Node, role: StaticRole): boolean {
    return !role.floatResult || node.outputs.some((value) => value !== null && this.#isWanted(value));
  }

  /** True when an integer kernel reads the value, or reads it after a node that is absorbed. */
  #isWanted(value: Value): boolean {
    return value.uses.some(({ node, index }) => {
      const behind = node.output();
      if (behind && this.#absorbed.get(behind) === node) return this.#isWanted(behind);
      return this.#roles.get(node)?.operands.includes(index) === true;
    });
  }

  /** Whether a node that does not lead runs on integers. */
  #follows(node: Node, role: StaticRole): boolean {
    const outputs = node.outputs.filter((value) => value !== null && value.dtype === 'float32') as Value[];
    if (!outputs.some((value) => this.#isWanted(value))) return false;
    const operands = role.operands.flatMap((index) => node.input(index) ?? []);
    const computed = operands.filter((value) => !value.tensor);
    if (role.shares) {
      if (computed.length === 0 || computed.length < operands.length) return false;
      if (computed.every((value) => this.#isMade(value))) return true;
      return outputs.every((value) => !value.isGraphOutput && value.uses.every((use) => this.#reads(use)));
    }
    // A kernel that could leave floats instead gives the sum or product better and as fast.
    return (
      computed.length > 0 && computed.every((value) => this.#isMade(value) && !this.#couldBeFloat(value))
    );
  }

  #reads({ node, index }: { node: Node; index: number }): boolean {
    return this.#roles.get(node)?.operands.includes(index) === true;
  }

  #couldBeFloat(value: Value): boolean {
    const node = this.#maker(value);
    return node !== null && this.#roles.get(node)?.floatResult === true;
  }
}
