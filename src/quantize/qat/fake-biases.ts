/** Sums of 32 bits, biases of integer kernels, as plain floats: their rounding is too fine to be learned. */
import type { Attribute } from '../../ir/attribute.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { becomeConstant } from '../../passes/constants.ts';
import type { Fake, Span } from './fake.ts';
import { codesAt, floatsAt, type Grid, gridOf } from './grid.ts';
import type { LearnedScales } from './learned-scales.ts';
import { isDequantizer } from './pairs.ts';

/** A constant that is trained as floats, and the node that read its codes. */
interface Trained {
  readonly floats: Value;
  readonly grid: Grid;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly scale: Value;
  readonly zeroPoint: Tensor | null;
  /** Scales whose product is that of the codes; null where it is not. */
  readonly factors: readonly Value[] | null;
}

export class FakeBiases implements Fake {
  readonly spans = new Map<Value, Span>();
  readonly #trained: Trained[] = [];

  get trained(): readonly string[] {
    return this.#trained.map(({ floats }) => floats.name);
  }

  dress(model: Model): void {
    for (const node of model.graph.nodes) {
      const grid = isDequantizer(node) ? gridOf(node) : null;
      const [codes, scale] = node.inputs;
      const floats = node.output();
      if (grid?.dtype !== 'int32' || !codes?.tensor || !scale?.tensor || !floats) continue;
      this.#trained.push({
        floats,
        grid,
        name: node.name,
        attributes: new Map(node.attributes),
        scale,
        zeroPoint: node.constant(2),
        factors: factorsOf(floats, grid.scales),
      });
      node.graph?.remove(node);
      becomeConstant(floats, Tensor.of('float32', grid.dims, floatsAt(grid, codes.tensor)));
    }
  }

  undress(_model: Model, scales: LearnedScales): void {
    for (const each of this.#trained) {
      const { floats, factors, grid } = each;
      if (!floats.tensor) continue;
      const own = factors ? product(factors.map((scale) => scales.of(scale))) : grid.scales;
      putBack(each, codesAt({ ...grid, scales: own }, floatsOf(floats.tensor)), own);
    }
  }
}

/** Integer kernels add codes of a bias to products of codes: its scale is the product of theirs. */
function factorsOf(bias: Value, scales: Float32Array): readonly Value[] | null {
  const [use, ...more] = bias.uses;
  if (!use || more.length > 0) return null;
  const factors = use.node.inputs.flatMap((input) => {
    const scale =
      input !== bias && input?.producer && isDequantizer(input.producer) && input.producer.input(1);
    return scale && scale.tensor?.dtype === 'float32' ? [scale] : [];
  });
  const found = factors.length > 0 ? product(factors.map((value) => floatsOf(value.tensor as Tensor))) : [];
  const same =
    found.length === scales.length &&
    scales.every((scale, at) => Math.abs(scale - (found[at] as number)) <= 1e-5 * Math.abs(scale));
  return same ? factors : null;
}

/** Element by element; single numbers go with all. */
function product(factors: readonly Float32Array[]): Float32Array {
  const size = Math.max(...factors.map(({ length }) => length));
  return Float32Array.from({ length: size }, (_, at) =>
    factors.reduce((all, one) => all * (one[one.length === 1 ? 0 : at] as number), 1),
  );
}

function putBack(
  { floats, name, attributes, scale, zeroPoint }: Trained,
  made: Tensor,
  own: Float32Array,
): void {
  const { graph } = floats;
  const result = graph.value(`${floats.name}_dequantized`);
  result.type = floats.type;
  floats.replaceAllUsesWith(result);
  const codes = graph.addInitializer(`${floats.name}_codes`, made);
  const inputs = [
    codes,
    graph.addInitializer(`${floats.name}_scale`, Tensor.of('float32', scale.tensor?.dims ?? [], own)),
    ...(zeroPoint ? [graph.addInitializer(`${floats.name}_zero_point`, zeroPoint)] : []),
  ];
  graph.prepend({ op: 'DequantizeLinear', name, inputs, outputs: [result], attributes });
}
