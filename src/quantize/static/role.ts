/** What a node is to static quantization: which inputs are quantized and how, read from the facts of its operator. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { isFactor } from '../../ops/contraction.ts';
import { followsData } from '../../ops/element-types.ts';
import { specOf } from '../../ops/table.ts';

export interface StaticRole {
  /** Inputs with ranges from data, or from their elements where they are constants. */
  readonly operands: readonly number[];
  /** The input that holds the weight; null where both factors are computed. */
  readonly weight: number | null;
  /** The input that holds a constant bias, to become int32. */
  readonly bias: number | null;
  /** Multiplies and adds: what a model is quantized for. Others follow where their neighbours are integers. */
  readonly leads: boolean;
  /** Inputs and outputs have the same parameters: values are moved, not computed. */
  readonly shares: boolean;
  /** The integer kernel may leave its result in floats. */
  readonly floatResult: boolean;
  /** Bounds of the result whatever the input. */
  readonly range: { readonly min: number; readonly max: number } | null;
}

/**
 * The role of a node; null when it has none; a text says why a node with weights has none.
 * @param anywhere for runtimes that have integer kernels where onnxruntime's CPU provider has none
 */
export function staticRole(node: Node, anywhere: boolean): StaticRole | string | null {
  const role = specOf(node)?.quant;
  if (!role || node.subgraphs.length > 0 || node.inputs.length === 0) return null;
  switch (role.kind) {
    case 'compute': {
      if (role.static === undefined)
        return role.weights.length > 0 ? 'it has no static integer kernel' : null;
      const common = { floatResult: role.floatResult === true, range: role.range ?? null, shares: false };
      if (role.weights.length > 0) return leading(node, role.weights, common);
      return { ...common, operands: dataInputs(node), weight: null, bias: null, leads: false };
    }
    case 'passthrough': {
      const integers = typeof role.integers === 'function' ? role.integers(node) : role.integers === true;
      return integers || (anywhere && !role.bounds) ? sharing(dataInputs(node)) : null;
    }
    case 'lookup':
      return node.constant(0) ? null : sharing([0]);
    default:
      return null;
  }
}

function sharing(operands: readonly number[]): StaticRole {
  return {
    operands,
    weight: null,
    bias: null,
    leads: false,
    shares: true,
    floatResult: false,
    range: null,
  };
}

/** A contraction: factors are the inputs that are multiplied and summed, what is left is its bias. */
function leading(
  node: Node,
  weights: readonly number[],
  common: Pick<StaticRole, 'floatResult' | 'range' | 'shares'>,
): StaticRole | string {
  const present = node.inputs.flatMap((value, index) => (value ? [index] : []));
  // Exporters leave out shapes of computed values: the signature tells what is multiplied without them.
  const factors = present.filter((index) => weights.includes(index) || isFactor(node, index));
  const others = present.filter((index) => !factors.includes(index));
  const constants = factors.filter((index) => node.constant(index) !== null);
  if (constants.length === factors.length) return 'both factors are constants';
  if (others.length > 1) return 'it has inputs that its integer kernel does not take';
  const [bias = null] = others;
  if (bias !== null && !isRow(node.input(bias))) return 'its bias is computed or not a row';
  if (node.float('alpha', 1) !== 1 || node.float('beta', 1) !== 1) return 'it multiplies by alpha or beta';
  const [weight = null] = constants;
  const operands = factors.filter((index) => index !== weight);
  return { ...common, operands, weight, bias, leads: true };
}

/** A constant vector, or a matrix of one row. */
function isRow(value: Value | null): boolean {
  const dims = value?.tensor?.dims ?? [];
  return dims.length > 0 && dims.slice(0, -1).every((dim) => dim === 1);
}

/** The inputs that hold data rather than shapes or indices; optional scalars such as bounds are none. */
function dataInputs(node: Node): number[] {
  return node.inputs.flatMap((value, index) => (value && followsData(node, index) ? [index] : []));
}
