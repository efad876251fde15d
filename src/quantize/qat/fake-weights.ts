/** Weights of a quantized model as floats that are rounded on the way: what training changes, and the way back. */
import { floatsOf } from '../../ir/floats.ts';
import { Formula } from '../../ir/formula.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { sizeOf, Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import type { Fake, Span } from './fake.ts';
import { codesAt, floatsAt, type Grid, gridOf, spanOf } from './grid.ts';
import type { LearnedScales } from './learned-scales.ts';
import { codesOf, isDequantizer } from './pairs.ts';

/** A constant that is trained as floats. */
interface Trained {
  /** What reads its codes. */
  readonly reader: Node;
  readonly floats: Value;
  readonly scale: Value;
  readonly grid: Grid;
}

/** Constants behind DequantizeLinear: they get QuantizeLinear in front. Sums of 32 bits are no business of this. */
export class FakeWeights implements Fake {
  readonly spans = new Map<Value, Span>();
  readonly #trained: Trained[] = [];

  get trained(): readonly string[] {
    return this.#trained.map(({ floats }) => floats.name);
  }

  dress(model: Model): void {
    for (const reader of model.graph.nodes) {
      const grid = isDequantizer(reader) ? gridOf(reader) : null;
      const codes = reader.input(0)?.tensor;
      const scale = reader.input(1);
      if (!grid || !codes || !scale || grid.dtype === 'int32') continue;
      const floats = rounded(reader, scale, grid, Tensor.of('float32', grid.dims, floatsAt(grid, codes)));
      this.#trained.push({ reader, floats, scale, grid });
      this.spans.set(scale, spanOf(grid));
    }
  }

  undress({ graph }: Model, scales: LearnedScales): void {
    for (const { reader, floats, scale, grid } of this.#trained) {
      if (!floats.tensor) continue;
      const now = { ...grid, scales: scales.of(scale) };
      reader.setInput(0, graph.addInitializer(`${floats.name}_codes`, codesAt(now, floatsOf(floats.tensor))));
    }
  }
}

/** @returns what is trained */
function rounded(reader: Node, scale: Value, grid: Grid, floats: Tensor): Value {
  const result = reader.output() as Value;
  const { graph } = result;
  const value = graph.addInitializer(`${result.name}_trained`, floats);
  const f = new Formula(graph, { before: reader });
  const kept = ['axis', 'block_size'].flatMap((name) => {
    const attribute = reader.attributes.get(name);
    return attribute ? [[name, attribute] as const] : [];
  });
  // The zero point states the type of codes; one of zeros is as good as none.
  const point = reader.input(2) ?? graph.addInitializer('zero_point', zeros(grid, scale.tensor?.dims ?? []));
  reader.setInput(
    0,
    f.op('QuantizeLinear', [bounded(f, reader, value, scale, grid), scale, point], {
      attributes: Object.fromEntries(kept),
      type: { dtype: grid.dtype, shape: grid.dims },
    }),
  );
  return value;
}

/** Cut off where codes end before their type does: some kernels have no room for more. */
function bounded(f: Formula, reader: Node, value: Value, scale: Value, grid: Grid): Value {
  const { dims, used, zeroPoints, scales } = grid;
  const [least, most] = codesOf(grid.dtype);
  // A symmetric type is one code short at an end. Blocks are of few bits, which kernels have room for.
  if ((used[0] <= least + 1 && used[1] >= most - 1) || (scale.tensor?.dims.length ?? 0) > 1) return value;
  const axis = (reader.int('axis', 1) + dims.length) % dims.length;
  const shape = dims.map((dim, at) => (at === axis && scales.length > 1 ? dim : 1));
  const spread = scales.length > 1 ? f.reshape(scale, shape) : scale;
  const [low, high] = used.map((code) => {
    const steps = Float32Array.from(scales, (_, at) => code - (zeroPoints?.[at] ?? 0));
    return f.mul(spread, f.floats(scales.length > 1 ? shape : [], steps));
  }) as [Value, Value];
  const cut = f.min(f.max(value, low), high);
  cut.type = { dtype: 'float32', shape: dims };
  return cut;
}

function zeros({ dtype }: Grid, dims: readonly number[]): Tensor {
  const none = new Float32Array(sizeOf(dims));
  return codesAt(
    { dtype, dims, scales: none.fill(1), zeroPoints: null, scaleAt: () => 0, used: [0, 0] },
    none,
  );
}
