/** Gemm's alpha and beta multiplied into its constants, so that they are one. */
import { bytesOf, computedBytes } from '../ir/bytes.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import type { Constants } from './constants.ts';
import { readFloats, writeFloats } from './float-tensor.ts';
import type { PassScope } from './pass.ts';

/** Constants from this size on are multiplied when they are written, not before. */
const LAZY_BYTES = 1 << 18;

/** Folds alpha into B and beta into C. Returns why that cannot be done, or null when both are one now. */
export function foldScalars(node: Node, constants: Constants, { changed }: PassScope): string | null {
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  const [weight, bias] = [node.input(1), node.input(2)];
  if (beta === 0 && bias) {
    node.truncateInputs(2);
    changed('dropped C of Gemm, which beta makes nothing of', node.label);
  }
  if (!node.input(2)) node.attributes.delete('beta');
  else if (beta !== 1) {
    const scaled = scale(node, bias, beta, constants);
    if (!scaled) return 'beta is not one and C is not constant';
    node.setInput(2, scaled);
    node.attributes.delete('beta');
    changed('folded beta of Gemm', node.label);
  }
  if (alpha !== 1) {
    // A copy of a shared weight would cost more than alpha does.
    const shared = weight !== null && (weight.useCount > 1 || weight.isGraphOutput);
    const scaled = shared ? null : scale(node, weight, alpha, constants);
    if (!scaled)
      return shared
        ? 'alpha is not one and B is used elsewhere too'
        : 'alpha is not one and B is not constant';
    node.attributes.delete('alpha');
    changed('folded alpha of Gemm', node.label);
  }
  return null;
}

/** The constant times `factor`: the same value when nobody else uses it, else a new one. */
function scale(node: Node, value: Value | null, factor: number, constants: Constants): Value | null {
  const tensor = value && times(constants.tensor(value), factor);
  if (!value || !tensor || !node.graph) return null;
  if (value.useCount > 1 || value.isGraphOutput) return node.graph.addInitializer(value.name, tensor);
  value.tensor = tensor;
  return value;
}

function times(tensor: Tensor | null, factor: number): Tensor | null {
  if (!tensor) return null;
  const { dtype, dims } = tensor;
  const now = (): Tensor | null => {
    const values = readFloats(tensor);
    return (
      values &&
      writeFloats(
        dtype,
        dims,
        Float64Array.from(values, (value) => value * factor),
      )
    );
  };
  // Halves may overflow, which has to be known here.
  if (dtype !== 'float32' || tensor.byteLength < LAZY_BYTES) return now();
  const source = computedBytes(tensor.byteLength, () =>
    bytesOf(Float32Array.from(readFloats(tensor) ?? [], (value) => value * factor)),
  );
  return new Tensor({ dtype, dims, source });
}
