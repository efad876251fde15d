/** What gradient rules and decompositions are told of a node. */
import { LlmcError } from '../../errors.ts';
import type { DType } from '../../ir/dtype.ts';
import type { Formula } from '../../ir/formula.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { GradientScope, NodeScope } from '../../ops/gradient.ts';

/** A node of a graph whose types are known (`inferTypes` at concrete sizes). */
export class NodeFacts implements NodeScope {
  readonly node: Node;
  readonly f: Formula;

  constructor(node: Node, f: Formula) {
    this.node = node;
    this.f = f;
  }

  shape(value: Value): readonly number[] {
    const shape = value.tensor?.dims ?? value.type?.shape;
    if (shape?.every((dim) => typeof dim === 'number')) return shape as readonly number[];
    throw this.unsupported(`the shape of '${value.name}' depends on the data`);
  }

  dtype(value: Value): DType {
    const { dtype } = value;
    if (dtype) return dtype;
    throw this.unsupported(`the type of '${value.name}' is not known`);
  }

  input(index: number): Value {
    const value = this.node.input(index);
    if (value) return value;
    throw new LlmcError('MODEL_INVALID', `${this.node.label} has no input ${index}`, {
      hint: 'check the model with `llmc inspect`',
    });
  }

  output(index = 0): Value {
    const value = this.node.output(index);
    if (value) return value;
    throw new LlmcError('MODEL_INVALID', `${this.node.label} has no output ${index}`, {
      hint: 'check the model with `llmc inspect`',
    });
  }

  constants(index: number): readonly number[] {
    const tensor = this.input(index).tensor;
    if (!tensor) throw this.unsupported(`its input ${index} depends on the data`);
    return Array.from(tensor.array() as Iterable<number | bigint>, Number);
  }

  unsupported(why: string): LlmcError {
    return new LlmcError('UNSUPPORTED', `cannot train through ${this.node.label}: ${why}`, {
      hint: 'freeze what lies before it (--freeze), or train another part of the model',
    });
  }
}

/** The same with the gradients that have arrived. */
export class GradientFacts extends NodeFacts implements GradientScope {
  readonly #arrived: ReadonlyMap<Value, Value>;
  readonly #wanted: (value: Value) => boolean;

  constructor(node: Node, f: Formula, arrived: ReadonlyMap<Value, Value>, wanted: (value: Value) => boolean) {
    super(node, f);
    this.#arrived = arrived;
    this.#wanted = wanted;
  }

  dy(index = 0): Value | null {
    const output = this.node.output(index);
    return output ? (this.#arrived.get(output) ?? null) : null;
  }

  needs(index: number): boolean {
    const input = this.node.input(index);
    return input !== null && this.#wanted(input);
  }

  unbroadcast(value: Value, index: number): Value {
    const from = this.shape(this.output());
    const to = this.shape(this.input(index));
    const added = from.length - to.length;
    const repeated = from.flatMap((dim, axis) =>
      axis < added || (to[axis - added] === 1 && dim !== 1) ? [axis] : [],
    );
    if (repeated.length === 0) return value;
    const summed = this.f.sum(value, repeated);
    return added > 0 ? this.f.reshape(summed, to) : summed;
  }
}
