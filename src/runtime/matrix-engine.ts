/** Matrix products by onnxruntime: a model of a single MatMul for each precision, opened at first use. */
import { Builder } from '../ir/builder.ts';
import { Model } from '../ir/model.ts';
import type { Floats, MatrixEngine } from '../numeric/matrix-engine.ts';
import { encodeModel } from '../onnx/write.ts';
import { openSession, type Session } from './session.ts';

/** Whoever makes one releases it. */
export class RuntimeMatrixEngine implements MatrixEngine {
  readonly #threads: number;
  readonly #sessions = new Map<string, Promise<Session>>();

  /** @param threads 0 lets onnxruntime choose */
  constructor(threads: number) {
    this.#threads = threads;
  }

  async multiply<T extends Floats>(a: T, b: T, m: number, k: number, n: number): Promise<T> {
    const dtype = a instanceof Float64Array ? 'float64' : 'float32';
    const session = this.#sessions.get(dtype) ?? this.#open(dtype);
    this.#sessions.set(dtype, session);
    const feeds = { a: { dtype, data: a, dims: [m, k] }, b: { dtype, data: b, dims: [k, n] } };
    const { product } = await (await session).run(feeds);
    return product?.data as T;
  }

  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
    this.#sessions.clear();
  }

  #open(dtype: 'float32' | 'float64'): Promise<Session> {
    const model = new Model(8, new Map([['', 13]]));
    const { graph } = model;
    const type = { dtype, shape: [null, null] };
    for (const name of ['a', 'b']) {
      const value = graph.value(name);
      value.type = type;
      graph.inputs.push(value);
    }
    graph.outputs.push(new Builder(graph).op('MatMul', graph.inputs, { output: 'product', type }));
    return openSession({ model: encodeModel(model) }, { threads: this.#threads });
  }
}
