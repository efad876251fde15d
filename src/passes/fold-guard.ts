/** Decides which constant values replace the nodes that compute them: the file may not grow. */
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { ConstantKeys } from './constant-keys.ts';
import type { Constants } from './constants.ts';

/** All folds together may add this much when none of them saves anything. */
const ALLOWANCE = 1024;
/** Constants from this size on tie the folds that free them together. */
const SHARED_BYTES = 1024;

export class FoldGuard {
  /** Nodes that will be gone when all their results are constants. */
  readonly #folding: ReadonlySet<Node>;
  readonly #known: ReadonlyMap<Value, Tensor>;
  readonly #constants: Constants;
  /** Equal values of several branches are stored once, so they count once. */
  readonly #keys: ConstantKeys;

  /** @param nodes the nodes that were evaluated, producers before users */
  constructor(nodes: readonly Node[], known: ReadonlyMap<Value, Tensor>, constants: Constants) {
    const folding = new Set<Node>();
    // Results that only nodes of the same evaluation read were not kept; they go with their readers.
    const isSettled = (value: Value): boolean =>
      known.has(value) || (!value.isGraphOutput && value.uses.every(({ node }) => folding.has(node)));
    for (const node of [...nodes].reverse())
      if (node.outputs.every((value) => !value || isSettled(value))) folding.add(node);
    this.#folding = folding;
    this.#known = known;
    this.#constants = constants;
    this.#keys = new ConstantKeys(nodes);
  }

  /**
   * Calls `fold` for values that may become constants, together where they only pay together. First those that save
   * by themselves, and groups that free a large constant (the three slices of a fused weight), as often as one makes
   * another possible; then, all or none, those that add next to nothing.
   */
  decide(fold: (values: readonly Value[]) => void): {
    readonly accepted: number;
    /** Values left as they are, with the bytes they would add. */
    readonly refused: ReadonlyMap<Value, number>;
  } {
    let accepted = 0;
    const take = (values: readonly Value[]): void => {
      if (values.length > 0) fold(values);
      accepted += values.length;
    };
    for (let before = -1; before !== accepted; ) {
      before = accepted;
      for (const value of this.#frontier()) if (this.growth([value]) <= 0) take([value]);
      for (const group of this.#groups()) take(this.#affordable(group));
    }
    const small = this.#frontier().filter((value) => this.growth([value]) <= ALLOWANCE);
    if (this.growth(small) <= ALLOWANCE) take(small);
    return { accepted, refused: new Map(this.#frontier().map((value) => [value, this.growth([value])])) };
  }

  /** Evaluated values that something reads which is not folded away itself. */
  #frontier(): Value[] {
    return [...this.#known.keys()].filter(
      (value) =>
        value.producer && (value.isGraphOutput || value.uses.some(({ node }) => !this.#folding.has(node))),
    );
  }

  /**
   * Bytes the file gains when these values become constants; negative when it shrinks. Infinite when a node that
   * makes one of them must stay for another of its results.
   */
  growth(values: readonly Value[]): number {
    const [dead, unused] = this.freedBy(values);
    let bytes = 0;
    if (values.some(({ producer }) => producer && !dead.has(producer))) return Number.POSITIVE_INFINITY;
    for (const [value] of this.equal(values))
      if (value) bytes += (this.#known.get(value)?.byteLength ?? 0) + constantOverhead(value);
    for (const value of unused) bytes -= (value.tensor?.byteLength ?? 0) + constantOverhead(value);
    for (const node of dead) bytes -= nodeBytes(node);
    return bytes;
  }

  /** The values in groups that are equal. */
  equal(values: readonly Value[]): Value[][] {
    const groups = new Map<string, Value[]>();
    for (const value of values) {
      const key = this.#keys.of(value);
      const group = groups.get(key);
      if (group) group.push(value);
      else groups.set(key, [value]);
    }
    return [...groups.values()];
  }

  /** The nodes and constants nobody needs once these values are constants. */
  freedBy(values: readonly Value[]): readonly [nodes: ReadonlySet<Node>, constants: ReadonlySet<Value>] {
    const replaced = new Set(values);
    const dead = new Set<Node>();
    const isGone = (value: Value): boolean =>
      replaced.has(value) || (!value.isGraphOutput && value.uses.every(({ node }) => dead.has(node)));
    const queue = values.flatMap((value) => (value.producer ? [value.producer] : []));
    const touched = new Set<Value>();
    for (let node = queue.pop(); node; node = queue.pop()) {
      if (dead.has(node) || !node.outputs.every((value) => !value || isGone(value))) continue;
      dead.add(node);
      for (const value of node.inputs) {
        if (!value) continue;
        if (value.producer) queue.push(value.producer);
        else touched.add(value);
      }
    }
    const unused = [...touched].filter(
      (value) => this.#constants.has(value) && !replaced.has(value) && isGone(value),
    );
    return [dead, new Set(unused)];
  }

  /** What is left, grouped by the large constants that several of them come from. */
  #groups(): Value[][] {
    const byConstant = new Map<Value, Value[]>();
    for (const value of this.#frontier())
      for (const constant of this.#sources(value)) {
        const group = byConstant.get(constant);
        if (group) group.push(value);
        else byConstant.set(constant, [value]);
      }
    return [...byConstant.values()].filter((group) => group.length > 1);
  }

  #sources(value: Value): Set<Value> {
    const found = new Set<Value>();
    const seen = new Set<Node>();
    const queue = value.producer ? [value.producer] : [];
    for (let node = queue.pop(); node; node = queue.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      for (const input of node.inputs) {
        if (input?.producer) queue.push(input.producer);
        else if ((input?.tensor?.byteLength ?? 0) >= SHARED_BYTES && input) found.add(input);
      }
    }
    return found;
  }

  /** The group without its costliest members, until the rest saves; empty when nothing does. */
  #affordable(group: readonly Value[]): Value[] {
    const left = group.filter((value) => value.producer !== null);
    if (this.growth(left) <= 0) return left;
    left.sort((a, b) => this.growth([a]) - this.growth([b]));
    while (left.length > 1 && this.growth(left) > 0) left.pop();
    return left.length > 1 ? left : [];
  }
}

/** Name, dims, type and lengths of an initializer in the file, roughly. */
function constantOverhead(value: Value): number {
  return 16 + value.name.length;
}

/** A node in the file, roughly and rather too little: its names, and the tensors and lists among its attributes. */
function nodeBytes(node: Node): number {
  let bytes = 6 + node.op.length + node.name.length;
  for (const value of [...node.inputs, ...node.outputs]) bytes += 2 + (value?.name.length ?? 0);
  for (const [name, attribute] of node.attributes) {
    bytes += 8 + name.length;
    if (attribute.kind === 'tensor') bytes += attribute.value.byteLength;
    else if (attribute.kind === 'ints' || attribute.kind === 'floats') bytes += attribute.value.length;
  }
  return bytes;
}
