/** int4 (and 2 or 8 bit): block-wise low-bit matrices, as MatMulNBits and GatherBlockQuantized or as blocked QDQ. */
import { isFloat } from '../../ir/dtype.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import type { BlockBits } from '../../numeric/block.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { inferTypes } from '../../runtime/shapes.ts';
import type { Context } from '../../step.ts';
import { constantMatrix, type MatrixUse, usesThrough } from '../constant-matrix.ts';
import { dropUnused } from '../emit.ts';
import { gatherToNBits } from '../nbits/gather.ts';
import { gemmToNBits, matMulToNBits } from '../nbits/matmul.ts';
import { NBitsMatrices } from '../nbits/matrix.ts';
import { BlockedQdq } from '../nbits/qdq.ts';
import { wideWeights } from '../nbits/wide.ts';
import type { Outcome } from '../outcome.ts';
import { dataRounding } from '../rounding/data-rounding.ts';
import { roundedText, roundingSummary } from '../rounding/rounding-text.ts';
import type { Scheme, SchemeOptions } from './scheme.ts';

/** Rewrites one node with weights of that many bits; a string says why it stays as it is. */
type Rule = (node: Node, bits: BlockBits) => string | null;

/** Operators with low-bit kernels and the input that holds their weight. */
const WEIGHT_OF: Readonly<Record<string, number>> = { Gather: 0, Gemm: 1, MatMul: 1 };

function kernelRules(matrices: NBitsMatrices, options: SchemeOptions): Record<string, Rule> {
  const matMul: Rule = (node, bits) => matMulToNBits(node, matrices, { ...options, bits });
  // onnxruntime's tool looks at MatMul alone.
  if (options.parity) return { MatMul: matMul };
  return {
    Gather: (node, bits) => gatherToNBits(node, matrices, { ...options, bits }),
    Gemm: (node, bits) => gemmToNBits(node, matrices, { ...options, bits }),
    MatMul: matMul,
  };
}

function qdqRules(qdq: BlockedQdq, options: SchemeOptions): Record<string, Rule> {
  return {
    Gather: (node, bits) => tiedGather(node, qdq, bits, options),
    Gemm: (node, bits) => blockedProduct(node, qdq, bits),
    MatMul: (node, bits) => blockedProduct(node, qdq, bits),
  };
}

/** A product of two computed values has no weight to report on. */
const COMPUTED = '';

/** The axis of a product's second operand that is summed over; blocks run along it. */
const SUMMED: Readonly<Record<string, (node: Node) => 0 | 1>> = {
  Gemm: (node) => (node.int('transB') ? 1 : 0),
  MatMul: () => 0,
};

/** The constant of a product, or the one in front of the Transpose that keeps it tied to other users. */
function blockedProduct(node: Node, qdq: BlockedQdq, bits: BlockBits): string | null {
  const operand = node.input(1);
  const axis = SUMMED[node.opType]?.(node) ?? 0;
  if (operand?.tensor) return qdq.replace(node, 1, axis, bits);
  const matrix = operand && constantMatrix(operand);
  if (!matrix || !operand.producer)
    return node.input(0)?.tensor ? 'the constant is on the left; blocks run along the right' : COMPUTED;
  const swapped = axis === 0 ? 1 : 0;
  return qdq.replace(operand.producer, 0, matrix.transposed ? swapped : axis, bits);
}

/**
 * A look-up in a table that is a product's matrix, too, reads the same blocks: the table is stored once. One that has
 * its table for itself stays: runtimes would expand all of the table for a few rows.
 */
function tiedGather(node: Node, qdq: BlockedQdq, bits: BlockBits, options: SchemeOptions): string | null {
  const table = node.input(0);
  const uses = table && node.int('axis') === 0 ? usesThrough(table) : [];
  if (!uses.some((use) => multipliesRows(use) && options.select(use.node) === null)) return COMPUTED;
  return qdq.replace(node, 0, 1, bits);
}

/** Whether a use is a product that multiplies by the rows of a table. */
function multipliesRows({ node, index, transposed }: MatrixUse): boolean {
  return index === 1 && SUMMED[node.opType]?.(node) === (transposed ? 0 : 1);
}

/** A node that was rewritten, and the name of its weight. */
interface Rewritten {
  readonly label: string;
  readonly weight: string;
  readonly bits: BlockBits;
}

export const int4: Scheme = {
  name: 'int4',
  summary: 'weights of matrix products and look-ups in blocks of 4 (or 2, 8) bits; float arithmetic',
  opset: ({ format, bits }) => {
    const needed = format === 'qdq' ? (bits === 2 ? 25 : 21) : 1;
    return { wanted: needed, least: needed };
  },
  async apply(model, options, outcome, context) {
    const matrices = new NBitsMatrices(options);
    const qdq = new BlockedQdq(options);
    const rules = options.format === 'qdq' ? qdqRules(qdq, options) : kernelRules(matrices, options);
    const wide = await wideWeights(
      model,
      (node) => weightTo(node, rules, options),
      options,
      outcome,
      context,
    );
    const rounding = await dataRounding(model, options, outcome, context);
    const rewritten = rewrite(model, rules, options, wide, outcome, context);
    // onnxruntime's tool imports its domain even where it found nothing to do.
    if (options.format !== 'qdq' && (rewritten.length > 0 || options.parity))
      model.opsets.set('com.microsoft', model.opsets.get('com.microsoft') ?? 1);
    dropUnused([...matrices.retired, ...qdq.retired]);
    const rounded = (await rounding?.([...matrices.made, ...qdq.made])) ?? new Map();
    for (const { label, weight, bits } of rewritten) {
      const result = rounded.get(weight);
      const how = result ? `, ${roundedText(result)}` : '';
      outcome.change(label, `${bits}-bit weights in blocks of ${options.blockSize}${how}`);
    }
    for (const line of roundingSummary(rounded)) outcome.note(line);
    if (options.halfRest) {
      await runPasses(model, [removeDead], context);
      // The new nodes' values have no types yet.
      await inferTypes(model);
      const { half } = await import('./half.ts');
      await half.apply(model, { ...options, dtype: 'float16' }, outcome, context);
    }
  },
};

/** The constant of a node that may be rewritten; null for others. */
function weightTo(node: Node, rules: Readonly<Record<string, Rule>>, options: SchemeOptions): Value | null {
  const operand = node.input(WEIGHT_OF[node.opType] ?? 0);
  if (!rules[node.opType] || !operand || options.select(node) !== null) return null;
  const value = constantMatrix(operand)?.value;
  return value?.tensor && isFloat(value.tensor.dtype) ? value : null;
}

function rewrite(
  model: Model,
  rules: Readonly<Record<string, Rule>>,
  options: SchemeOptions,
  wide: ReadonlySet<Value>,
  outcome: Outcome,
  context: Context,
): Rewritten[] {
  const rewritten: Rewritten[] = [];
  const nodes = [...allNodes(model, { functions: false })];
  const progress = context.progress('planning', nodes.length);
  for (const node of nodes) {
    progress.tick();
    const rule = rules[node.opType];
    const operand = node.input(WEIGHT_OF[node.opType] ?? 0);
    if (!rule || (operand?.dtype && !isFloat(operand.dtype))) continue;
    const label = node.label;
    const weight = operand && constantMatrix(operand)?.value;
    const bytes = operand?.tensor?.byteLength ?? 0;
    const bits = weight && wide.has(weight) ? 8 : options.bits;
    const reason = options.select(node) ?? rule(node, bits);
    if (reason === null) rewritten.push({ label, weight: weight?.name ?? '', bits });
    else if (reason !== '') outcome.skip(label, reason, bytes, 'node');
  }
  progress.done();
  return rewritten;
}
