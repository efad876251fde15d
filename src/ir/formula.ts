/** Formula: a builder for arithmetic, so that gradients, losses and optimizers read like what they compute. */
import { float, int, ints, text } from './attribute.ts';
import { type Attributes, Builder, type OpOptions } from './builder.ts';
import { DTYPES, type DType } from './dtype.ts';
import { Node } from './node.ts';
import { Tensor } from './tensor.ts';
import type { Value } from './value.ts';

type Operand = Value | number;

/**
 * Writes float32 arithmetic as ai.onnx nodes (opset 18 or newer). Numbers among the operands become scalar
 * initializers, one for each number. Nothing is computed and nothing is simplified but `x * 1` and `x + 0`.
 */
export class Formula extends Builder {
  readonly #scalars = new Map<number, Value>();
  readonly #vectors = new Map<string, Value>();

  /** The initializer of a float32 scalar. */
  scalar(value: number): Value {
    const known = this.#scalars.get(value);
    if (known) return known;
    const made = this.graph.addInitializer('number', Tensor.of('float32', [], Float32Array.of(value)));
    this.#scalars.set(value, made);
    return made;
  }

  /** The initializer of an int64 vector: axes, dims, positions. */
  vector(values: readonly number[]): Value {
    const key = values.join();
    const known = this.#vectors.get(key);
    if (known) return known;
    const made = this.ints('vector', values);
    this.#vectors.set(key, made);
    return made;
  }

  /** The initializer of a float32 tensor. */
  floats(dims: readonly number[], values: Float32Array): Value {
    return this.graph.addInitializer('constant', Tensor.of('float32', dims, values));
  }

  /** A node with several outputs. */
  ops(
    op: string,
    inputs: readonly (Value | null)[],
    count: number,
    options: OpOptions = {},
  ): readonly Value[] {
    const name = options.name ?? this.graph.uniqueNodeName(op.toLowerCase());
    const outputs = Array.from({ length: count }, () => this.graph.value(`${name}_output`));
    const attributes = new Map(Object.entries(options.attributes ?? {}));
    this.insert(new Node({ op, domain: options.domain, name, inputs, outputs, attributes }));
    return outputs;
  }

  add(a: Operand, b: Operand): Value {
    if (b === 0 && typeof a !== 'number') return a;
    return this.#binary('Add', a, b);
  }

  sub(a: Operand, b: Operand): Value {
    return this.#binary('Sub', a, b);
  }

  mul(a: Operand, b: Operand): Value {
    if (b === 1 && typeof a !== 'number') return a;
    if (a === 1 && typeof b !== 'number') return b;
    return this.#binary('Mul', a, b);
  }

  div(a: Operand, b: Operand): Value {
    return this.#binary('Div', a, b);
  }

  pow(a: Operand, b: Operand): Value {
    return this.#binary('Pow', a, b);
  }

  max(a: Operand, b: Operand): Value {
    return this.#binary('Max', a, b);
  }

  min(a: Operand, b: Operand): Value {
    return this.#binary('Min', a, b);
  }

  /** Truth values; the operands have one type. */
  less(a: Operand, b: Operand): Value {
    return this.#binary('Less', a, b);
  }

  greater(a: Operand, b: Operand): Value {
    return this.#binary('Greater', a, b);
  }

  equal(a: Operand, b: Operand): Value {
    return this.#binary('Equal', a, b);
  }

  where(condition: Value, yes: Operand, no: Operand): Value {
    return this.op('Where', [condition, this.#value(yes), this.#value(no)]);
  }

  neg(x: Value): Value {
    return this.op('Neg', [x]);
  }

  exp(x: Value): Value {
    return this.op('Exp', [x]);
  }

  log(x: Value): Value {
    return this.op('Log', [x]);
  }

  sqrt(x: Value): Value {
    return this.op('Sqrt', [x]);
  }

  abs(x: Value): Value {
    return this.op('Abs', [x]);
  }

  sign(x: Value): Value {
    return this.op('Sign', [x]);
  }

  tanh(x: Value): Value {
    return this.op('Tanh', [x]);
  }

  sigmoid(x: Value): Value {
    return this.op('Sigmoid', [x]);
  }

  square(x: Value): Value {
    return this.mul(x, x);
  }

  reciprocal(x: Value): Value {
    return this.op('Reciprocal', [x]);
  }

  /** Sum over axes, all of them by default; the axes stay with size 1 unless `keep` is false. */
  sum(x: Value, axes: readonly number[] | null = null, keep = true): Value {
    return this.#reduce('ReduceSum', x, axes, keep);
  }

  mean(x: Value, axes: readonly number[] | null = null, keep = true): Value {
    return this.#reduce('ReduceMean', x, axes, keep);
  }

  matmul(a: Value, b: Value): Value {
    return this.op('MatMul', [a, b]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.every((axis, at) => axis === at)) return x;
    return this.op('Transpose', [x], { attributes: { perm: ints(perm) } });
  }

  reshape(x: Value, dims: readonly number[]): Value {
    return this.op('Reshape', [x, this.vector(dims)], { attributes: { allowzero: int(1) } });
  }

  expand(x: Value, dims: readonly number[]): Value {
    return this.op('Expand', [x, this.vector(dims)]);
  }

  /** `x` from `start` up to `end` along one axis, every `step`-th. */
  slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
    return this.op('Slice', [x, ...[start, end, axis, step].map((one) => this.vector([one]))]);
  }

  concat(parts: readonly Value[], axis: number): Value {
    const [only] = parts;
    if (parts.length === 1 && only) return only;
    return this.op('Concat', parts, { attributes: { axis: int(axis) } });
  }

  /** Zeros around `x`: before and after, axis by axis. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value {
    if ([...before, ...after].every((one) => one === 0)) return x;
    return this.op('Pad', [x, this.vector([...before, ...after])]);
  }

  /** Parts of the given sizes along an axis. */
  split(x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
    if (sizes.length === 1) return [x];
    return this.ops('Split', [x, this.vector(sizes)], sizes.length, { attributes: { axis: int(axis) } });
  }

  cast(x: Value, dtype: DType): Value {
    return this.op('Cast', [x], { attributes: { to: int(DTYPES[dtype].code) } });
  }

  /** Zeros, or another number, of fixed dims. */
  filled(dims: readonly number[], value = 0): Value {
    return this.expand(this.scalar(value), dims);
  }

  #binary(op: string, a: Operand, b: Operand): Value {
    return this.op(op, [this.#value(a), this.#value(b)]);
  }

  #reduce(op: string, x: Value, axes: readonly number[] | null, keep: boolean): Value {
    if (axes?.length === 0) return x;
    const inputs = axes === null ? [x] : [x, this.vector(axes)];
    return this.op(op, inputs, { attributes: { keepdims: int(keep ? 1 : 0) } });
  }

  #value(operand: Operand): Value {
    return typeof operand === 'number' ? this.scalar(operand) : operand;
  }
}

/** Attributes from plain values: strings, lists of whole numbers; `1` is an int and `{ float: 1 }` a float. */
export function attributesOf(
  plain: Readonly<Record<string, number | string | readonly number[] | { readonly float: number }>>,
): Attributes {
  return Object.fromEntries(
    Object.entries(plain).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? int(value)
        : typeof value === 'string'
          ? text(value)
          : 'float' in value
            ? float(value.float)
            : ints(value),
    ]),
  );
}
