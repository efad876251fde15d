/** Which operators exist in half precision, from which opset, and which of their float tensors stay float32 anyway. */
import type { Node } from '../../ir/node.ts';
import { BFLOAT16_FROM } from './bfloat16-ops.ts';

export type HalfType = 'float16' | 'bfloat16';

/** How an operator takes to half precision. */
export interface HalfFact {
  /** Why it has no half form; null when it has one. */
  readonly refusal: string | null;
  /** Inputs and outputs that are float32 whatever the data is. */
  readonly fixedInputs: readonly number[];
  readonly fixedOutputs: readonly number[];
  /** Its result does not depend on the element type of its float inputs at all (Shape, Size). */
  readonly blind: boolean;
  /** Periodic: an angle rounded to eleven bits gives another result altogether once it is large. */
  readonly periodic: boolean;
}

interface Row {
  /** First opset with float16; Infinity: never. */
  readonly from?: number;
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
  readonly blind?: true;
  readonly periodic?: true;
  /** Said instead of "has no half form". */
  readonly reason?: string;
}

const NEVER: Row = { from: Infinity };
const SEQUENCE: Row = { from: Infinity, reason: 'sequences and optionals keep float32 tensors' };

/** Departures from "all float tensors of a known operator may be half". */
const EXCEPTIONS: Readonly<Record<string, Row>> = {
  BitCast: { from: Infinity, reason: 'works on the bits of float32' },
  Celu: { from: 28 },
  ConcatFromSequence: SEQUENCE,
  Constant: { from: Infinity, reason: 'a constant without a plain tensor form' },
  Cos: { periodic: true },
  CumSum: { from: 14 },
  DequantizeLinear: { from: 19 },
  DynamicQuantizeLinear: NEVER,
  IsInf: { from: 20 },
  // The statistics are computed and returned in float32 (attribute stash_type).
  LayerNormalization: { outputs: [1, 2] },
  NonMaxSuppression: NEVER,
  Optional: SEQUENCE,
  OptionalGetElement: SEQUENCE,
  OptionalHasElement: SEQUENCE,
  QLinearConv: NEVER,
  QLinearMatMul: NEVER,
  QuantizeLinear: { from: 19 },
  Range: { from: 27 },
  SequenceAt: SEQUENCE,
  SequenceConstruct: SEQUENCE,
  SequenceInsert: SEQUENCE,
  SequenceMap: SEQUENCE,
  Shape: { blind: true },
  Sin: { periodic: true },
  Size: { blind: true },
  SplitToSequence: SEQUENCE,
  Tan: { periodic: true },
  TfIdfVectorizer: NEVER,
};

/** The scales of Resize and Upsample are float32; their place changed once. */
function scalesInput(op: string, opset: number): readonly number[] | null {
  if (op === 'Resize') return [opset >= 11 ? 2 : 1];
  return op === 'Upsample' && opset >= 9 ? [1] : null;
}

/** com.microsoft operators with float16 for all float tensors but the listed ones; from onnxruntime 1.30's schemas. */
const MICROSOFT: ReadonlyMap<string, Row> = new Map<string, Row>([
  ...(
    'Attention BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu BitmaskBiasDropout BitmaskDropout ' +
    'CausalConvWithState ComplexMul ComplexMulConj ConvTransposeWithDynamicPads DecoderAttention ' +
    'DecoderMaskedMultiHeadAttention DecoderMaskedSelfAttention DequantizeLinear EmbedLayerNormalization ' +
    'ExpandDims FastGelu FusedConv FusedGemm FusedMatMul FusedMatMulActivation GatedAdd GatedRMSNorm ' +
    'GatedRelativePositionBias GatherBlockQuantized GatherND Gelu GemmFastGelu GridSample Inverse Irfft ' +
    'LinearAttention LongformerAttention MRotaryEmbedding MatMulBnb4 MatMulIntegerToFloat MatMulNBits ' +
    'MatMulNBitsMlp MatMulNBitsQkv MultiHeadAttention NhwcConv NhwcFusedConv PackedAttention ' +
    'PackedMultiHeadAttention Pad QAttention QuantizeLinear QuickGelu RelativePositionBias RemovePadding ' +
    'RestorePadding Rfft RotaryEmbedding SparseAttention TransposeMatMul Trilu UnfoldTensor Unique'
  )
    .split(' ')
    .map((op): [string, Row] => [op, {}]),
  ['GroupNorm', { inputs: [1, 2] }],
  ['GroupQueryAttention', { inputs: [12, 13] }],
  ['SkipGroupNorm', { inputs: [1, 2] }],
  ['SkipLayerNormalization', { outputs: [1, 2] }],
  ['SkipSimplifiedLayerNormalization', { outputs: [1, 2] }],
]);

/** The fact about a node, given the version of ai.onnx it is written in. */
export function halfFact(node: Node, opset: number, dtype: HalfType): HalfFact {
  const row = rowOf(node, opset);
  const from = row && dtype === 'bfloat16' ? Math.max(row.from ?? 0, bfloat16From(node)) : (row?.from ?? 0);
  return {
    refusal: row
      ? refusal(node, from, opset, dtype, row.reason)
      : `nothing is known of ${node.opType} in ${dtype}`,
    fixedInputs: row?.inputs ?? [],
    fixedOutputs: row?.outputs ?? [],
    blind: row?.blind ?? false,
    periodic: row?.periodic ?? false,
  };
}

function rowOf(node: Node, opset: number): Row | null {
  if (node.domain === 'com.microsoft') return MICROSOFT.get(node.op) ?? null;
  if (node.domain !== '') return null;
  const scales = scalesInput(node.op, opset);
  return EXCEPTIONS[node.op] ?? (scales ? { inputs: scales } : BFLOAT16_FROM.has(node.op) ? {} : null);
}

function bfloat16From(node: Node): number {
  return node.domain === '' ? (BFLOAT16_FROM.get(node.op) ?? Infinity) : 0;
}

function refusal(node: Node, from: number, opset: number, dtype: HalfType, reason?: string): string | null {
  if (opset >= from) return null;
  if (reason !== undefined) return reason;
  return from === Infinity
    ? `${node.opType} has no ${dtype} form`
    : `${node.opType} takes ${dtype} from opset ${from} on, the model has ${opset}`;
}
