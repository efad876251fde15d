/** OpSpec: what is true of an operator; algorithms read these facts and never ask for an operator by name. */
import type { Node } from '../ir/node.ts';

/**
 * The part an operator can play in quantization:
 * compute = has integer kernels or contracts a weight; lookup = reads rows of a table by index;
 * passthrough = moves values without arithmetic, so that parameters of its input serve its output;
 * float-only = must stay float (the reason says why).
 */
export type QuantRole =
  | { readonly kind: 'compute'; readonly weights: readonly number[] }
  | { readonly kind: 'lookup'; readonly weights: readonly number[]; readonly indices: number }
  | { readonly kind: 'passthrough' }
  | { readonly kind: 'float-only'; readonly reason: string };

export interface OpSpec {
  /** `Node.opType`: the bare name for ai.onnx, `domain.Name` otherwise. */
  readonly type: string;
  /**
   * Named-axis signature (docs/decisions/0001), e.g. `A[*b m k], B[*b k n] -> Y[*b m n]`; a function when attributes
   * change it. Absent: nothing is known, all axes are frozen.
   */
  readonly axes?: string | ((node: Node) => string | null);
  readonly quant?: QuantRole;
  /** Element types of inputs that do not follow the data type, by input index, e.g. int64 shapes. */
  readonly fixedTypes?: Readonly<Record<number, string>>;
}

/** Identity with type checking: one exported constant per operator or family member. */
export function defineOp(spec: OpSpec): OpSpec {
  return spec;
}
