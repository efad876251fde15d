/** Weights of a quantized model as floats that are rounded on the way: what training changes, and the way back. */
import type { Attribute } from '../../ir/attribute.ts';
import { floatsOf } from '../../ir/floats.ts';
import { Formula } from '../../ir/formula.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { becomeConstant } from '../../passes/constants.ts';
import { codesAt, floatsAt, type Grid, gridOf } from './grid.ts';

const DEQUANTIZE = 'DequantizeLinear';
const QUANTIZE = 'QuantizeLinear';

/** A node that read codes and was taken away: what it takes to write it again. */
interface Reader {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Scale, and zero point where there was one. */
  readonly parameters: readonly Tensor[];
}

/** A constant that is trained as floats. */
interface Trained {
  /** Name of the initializer. */
  readonly floats: string;
  /** Name of what its codes are read as. */
  readonly result: string;
  readonly grid: Grid;
  readonly removed: Reader | null;
}

/** One training of one model: `dress` before it, `undress` after. */
export class FakeWeights {
  readonly #trained: Trained[] = [];

  /** How many constants are trained. */
  get count(): number {
    return this.#trained.length;
  }

  /**
   * Codes become floats with QuantizeLinear behind them, biases of 32 bits, which rounding hardly changes, plain floats.
   * @param model changed in place; it computes what it did
   * @returns names of the floats
   */
  dress(model: Model): ReadonlySet<string> {
    for (const node of model.graph.nodes) {
      const grid = node.op === DEQUANTIZE ? gridOf(node) : null;
      const codes = node.input(0)?.tensor;
      const result = node.output();
      if (!grid || !codes || !result) continue;
      const floats = Tensor.of('float32', grid.dims, floatsAt(grid, codes));
      this.#trained.push(
        grid.dtype === 'int32' ? plain(node, result, grid, floats) : rounded(node, result, grid, floats),
      );
    }
    return new Set(this.#trained.map((each) => each.floats));
  }

  /** Floats become codes again. @param model changed in place */
  undress({ graph }: Model): void {
    const named = new Map([...graph.initializers].map((value) => [value.name, value]));
    const readers = new Map(graph.nodes.map((node) => [node.output()?.name, node]));
    for (const { result, floats, grid, removed } of this.#trained) {
      const value = named.get(floats);
      if (!value?.tensor) continue;
      const codes = graph.addInitializer(`${result}_codes`, codesAt(grid, floatsOf(value.tensor)));
      if (removed) putBack(value, codes, removed);
      else readers.get(result)?.setInput(0, codes);
    }
  }
}

function plain(node: Node, result: Value, grid: Grid, floats: Tensor): Trained {
  const parameters = [node.constant(1), node.constant(2)].filter((tensor) => tensor !== null);
  const removed = { name: node.name, attributes: new Map(node.attributes), parameters };
  node.graph?.remove(node);
  becomeConstant(result, floats);
  return { floats: result.name, result: result.name, grid, removed };
}

function rounded(node: Node, result: Value, grid: Grid, floats: Tensor): Trained {
  const value = result.graph.addInitializer(`${result.name}_trained`, floats);
  const f = new Formula(result.graph, { before: node });
  const kept = ['axis', 'block_size'].flatMap((name) => {
    const attribute = node.attributes.get(name);
    return attribute ? [[name, attribute] as const] : [];
  });
  // The zero point states the type of codes; one of zeros is as good as none.
  const scale = node.constant(1);
  const point =
    node.input(2) ?? (scale && result.graph.addInitializer('zero_point', zeros(grid, scale.dims)));
  node.setInput(
    0,
    f.op(QUANTIZE, [value, node.input(1), point], {
      attributes: Object.fromEntries(kept),
      type: { dtype: grid.dtype, shape: grid.dims },
    }),
  );
  return { floats: value.name, result: result.name, grid, removed: null };
}

function zeros({ dtype, scaleAt, scales }: Grid, dims: readonly number[]): Tensor {
  const none = new Float32Array(scales.length);
  return codesAt(
    { dtype, dims, scales: none.fill(1), zeroPoints: null, scaleAt, used: [0, 0] },
    none.fill(1),
  );
}

function putBack(value: Value, codes: Value, { name, attributes, parameters }: Reader): void {
  const { graph } = value;
  const floats = graph.value(`${value.name}_dequantized`);
  floats.type = value.type;
  value.replaceAllUsesWith(floats);
  const [scale, point] = parameters.map((tensor, at) =>
    graph.addInitializer(`${value.name}_${at === 0 ? 'scale' : 'zero_point'}`, tensor),
  );
  if (!scale) throw new Error('codes have a scale');
  graph.prepend({
    op: DEQUANTIZE,
    name,
    inputs: point ? [codes, scale, point] : [codes, scale],
    outputs: [floats],
    attributes,
  });
}
