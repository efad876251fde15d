/** Plan: which nodes work in half precision, and what each float32 value and each of its uses becomes. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Use, Value } from '../../ir/value.ts';
import { callsFunction } from '../../passes/opsets.ts';
import type { Selection } from '../../passes/selection.ts';
import { type HalfFact, type HalfType, halfFact } from './facts.ts';
import { Slots } from './slots.ts';
import { type Exit, exitsOf, graphsOf, isFloat32, valuesOf } from './values.ts';

/** What a value is made as, or wanted as. `any`: constants are made as they are wanted, Shape takes what comes. */
export type Form = 'half' | 'float32' | 'any';

export interface PlanOptions {
  readonly dtype: HalfType;
  readonly halfIo: boolean;
  readonly select: Selection;
}

export class HalfPlan {
  readonly model: Model;
  readonly options: PlanOptions;
  readonly slots: Slots;
  readonly exits: ReadonlyMap<Value, readonly Exit[]>;
  /** Nodes that work in float32, with the reason. */
  readonly kept = new Map<Node, string>();
  /** Nodes of no weight that follow their float32 neighbours, so that no cast is needed between them. */
  readonly following = new Set<Node>();
  /** Values that half precision cannot hold. */
  readonly tooLarge = new Set<Value>();
  readonly #facts = new Map<Node, HalfFact>();

  constructor(model: Model, options: PlanOptions) {
    this.model = model;
    this.options = options;
    this.slots = new Slots(model, model.opset);
    this.exits = exitsOf(model);
    const calls = callsFunction(model);
    for (const graph of graphsOf(model))
      for (const node of graph) {
        if (this.kept.has(node) || !touchesFloats(node)) continue;
        const reason = options.select(node);
        if (reason !== null) this.#keepWithBodies(node, reason);
        else if (calls(node)) this.keep(node, 'calls a function of the model, whose body stays as it is');
        else this.keep(node, this.fact(node).refusal ?? otherTypes(node, this.#tied(node)));
      }
  }

  fact(node: Node): HalfFact {
    const known = this.#facts.get(node);
    if (known) return known;
    const fact = halfFact(node, this.model.opsets.get(node.domain) ?? 1, this.options.dtype);
    this.#facts.set(node, fact);
    return fact;
  }

  /** Keeps a node in float32; the first reason given stays. */
  keep(node: Node, reason: string | null): void {
    if (reason !== null && !this.kept.has(node)) this.kept.set(node, reason);
  }

  /** Decides the slots of control flow; call it when nothing is kept any more. */
  settleSlots(): void {
    for (const slot of this.slots.all)
      slot.half =
        !this.kept.has(slot.node) &&
        slot.values.every((value) => value === null || (isFloat32(value) && !this.tooLarge.has(value)));
  }

  /** What a float32 value is made as. */
  home(value: Value): Form {
    if (value.tensor) return this.#isSetting(value) ? 'float32' : 'any';
    const { producer } = value;
    if (!producer) {
      if (value.graph === this.model.graph)
        return this.#halfIo(value) && value.isGraphInput ? 'half' : 'float32';
      return this.slots.formal(value)?.half ? 'half' : 'float32';
    }
    const index = producer.outputs.indexOf(value);
    if (this.#tied(producer)) return this.slots.output(producer, index)?.half ? 'half' : 'float32';
    return this.#halfNode(producer) && !this.fact(producer).fixedOutputs.includes(index) ? 'half' : 'float32';
  }

  /** What a node wants at an input. */
  wanted({ node, index }: Use): Form {
    if (this.#tied(node)) return this.slots.input(node, index)?.half ? 'half' : 'float32';
    if (this.fact(node).blind && !this.kept.has(node)) return 'any';
    return this.#halfNode(node) && !this.fact(node).fixedInputs.includes(index) ? 'half' : 'float32';
  }

  /** What an output of a graph has to be. */
  wantedAtExit(value: Value, { graph, index }: Exit): Form {
    if (graph === this.model.graph) return this.#halfIo(value) ? 'half' : 'float32';
    return this.slots.result(graph, index)?.half ? 'half' : 'float32';
  }

  #halfNode(node: Node): boolean {
    return !this.kept.has(node) && !this.following.has(node);
  }

  /** Inputs and outputs follow --half-io, unless they hold numbers that half precision cannot. */
  #halfIo(value: Value): boolean {
    return this.options.halfIo && !this.tooLarge.has(value);
  }

  /** From IR 4 on callers may feed an input that has a default; nobody feeds weights, but a threshold perhaps. */
  #isSetting(value: Value): boolean {
    const small = (value.tensor?.size ?? 0) <= 64;
    return this.model.irVersion >= 4 && small && value.isGraphInput && !this.#halfIo(value);
  }

  /** Control flow whose types are decided place by place. */
  #tied(node: Node): boolean {
    return this.slots.ties(node);
  }

  /** A control-flow node that was excluded stays float32 to the innermost body. */
  #keepWithBodies(node: Node, reason: string): void {
    this.keep(node, reason);
    for (const body of node.subgraphs)
      for (const inner of body) if (touchesFloats(inner)) this.#keepWithBodies(inner, reason);
  }
}

/** Nodes without float32 tensors are not concerned, except that their bodies may be. */
function touchesFloats(node: Node): boolean {
  return valuesOf(node).some(isFloat32) || node.subgraphs.length > 0;
}

/** A sequence holds float32 tensors; a value of unknown type may be float32 or not: all around it stays as it is. */
function otherTypes(node: Node, tied: boolean): string | null {
  if (tied) return null;
  if (node.subgraphs.length > 0) return 'its body has the types of what it is called with';
  const unknown = valuesOf(node).find((value) => value.dtype === null);
  return unknown ? `'${unknown.name}' is a sequence, an optional, or of unknown type` : null;
}

/** @throws LlmcError UNSUPPORTED when the model's opset has no Cast to the type (before 6, Cast named types by text) */
export function requireOpset(model: Model, dtype: HalfType): void {
  const needed = dtype === 'bfloat16' ? 13 : 6;
  // A model without operators of ai.onnx imports none; casts need it.
  if (model.opset === 0) model.opsets.set('', Math.max(needed, 9));
  if (model.opset >= needed) return;
  throw new LlmcError('UNSUPPORTED', `${dtype} needs opset ${needed}, the model has ${model.opset}`, {
    hint: `raise it first: llmc convert --opset ${needed}`,
  });
}
