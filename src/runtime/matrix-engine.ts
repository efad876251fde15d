/** Matrix products by onnxruntime: a model of a single product for each kind and precision, opened at first use. */
import { type Attribute, int } from '../ir/attribute.ts';
import { Builder } from '../ir/builder.ts';
import { Model } from '../ir/model.ts';
import type { Floats, MatrixEngine } from '../numeric/matrix-engine.ts';
import { encodeModel } from '../onnx/write.ts';
import { openSession, type Session } from './session.ts';

type Op = 'MatMul' | 'Gemm';

/** Whoever makes one releases it. */
export class RuntimeMatrixEngine implements MatrixEngine {
  readonly #threads: number;
  readonly #provider: string;
  readonly #sessions = new Map<string, Promise<Session>>();

  /** @param threads 0 lets onnxruntime choose */
  constructor(threads: number, provider = 'cpu') {
    this.#threads = threads;
    this.#provider = provider;
  }

  multiply<T extends Floats>(a: T, b: T, m: number, k: number, n: number): Promise<T> {
    return this.#run('MatMul', a, [m, k], b, [k, n]);
  }

  gram<T extends Floats>(a: T, b: T, rows: number, k: number, n: number): Promise<T> {
    return this.#run('Gemm', a, [rows, k], b, [rows, n]);
  }

  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
    this.#sessions.clear();
  }

  async #run<T extends Floats>(op: Op, a: T, aDims: number[], b: T, bDims: number[]): Promise<T> {
    const dtype = a instanceof Float64Array ? 'float64' : 'float32';
    const key = `${op} ${dtype}`;
    const session = this.#sessions.get(key) ?? this.#open(op, dtype);
    this.#sessions.set(key, session);
    const feeds = { a: { dtype, data: a, dims: aDims }, b: { dtype, data: b, dims: bDims } };
    const { product } = await (await session).run(feeds);
    return product?.data as T;
  }

  #open(op: Op, dtype: 'float32' | 'float64'): Promise<Session> {
    const model = productModel(op, dtype);
    return openSession({ model }, { threads: this.#threads, provider: this.#provider });
  }
}

/** The bytes of a model of next to nothing, for finding out whether a runtime works. */
export function smallModel(): Uint8Array {
  return productModel('MatMul', 'float32');
}

/** A model with inputs a and b, and their product. */
function productModel(op: Op, dtype: 'float32' | 'float64'): Uint8Array {
  const model = new Model(8, new Map([['', 13]]));
  const { graph } = model;
  const type = { dtype, shape: [null, null] };
  for (const name of ['a', 'b']) {
    const value = graph.value(name);
    value.type = type;
    graph.inputs.push(value);
  }
  const attributes: Record<string, Attribute> = op === 'Gemm' ? { transA: int(1) } : {};
  graph.outputs.push(new Builder(graph).op(op, graph.inputs, { output: 'product', type, attributes }));
  return encodeModel(model);
}
