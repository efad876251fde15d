/** int4 (and 2 or 8 bit): block-wise low-bit matrices, as MatMulNBits and GatherBlockQuantized or as blocked QDQ. */
import { isFloat } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { allNodes } from '../../ir/walk.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { inferTypes } from '../../runtime/shapes.ts';
import { constantMatrix } from '../constant-matrix.ts';
import { dropUnused } from '../emit.ts';
import { gatherToNBits } from '../nbits/gather.ts';
import { gemmToNBits, matMulToNBits } from '../nbits/matmul.ts';
import { NBitsMatrices } from '../nbits/matrix.ts';
import { BlockedQdq } from '../nbits/qdq.ts';
import type { Scheme, SchemeOptions } from './scheme.ts';

/** Rewrites one node; a string says why it stays as it is. */
type Rule = (node: Node) => string | null;

/** Operators with low-bit kernels and the input that holds their weight. */
const WEIGHT_OF: Readonly<Record<string, number>> = { Gather: 0, Gemm: 1, MatMul: 1 };

function kernelRules(matrices: NBitsMatrices, options: SchemeOptions): Record<string, Rule> {
  const matMul: Rule = (node) => matMulToNBits(node, matrices, options);
  // onnxruntime's tool looks at MatMul alone.
  if (options.parity) return { MatMul: matMul };
  return {
    Gather: (node) => gatherToNBits(node, matrices, options),
    Gemm: (node) => gemmToNBits(node, matrices, options),
    MatMul: matMul,
  };
}

function qdqRules(qdq: BlockedQdq): Record<string, Rule> {
  return {
    Gemm: (node) => qdq.replace(node, 1, node.int('transB') ? 1 : 0),
    MatMul: (node) => blockedMatMul(node, qdq),
  };
}

/** A product of two computed values has no weight to report on. */
const COMPUTED = '';

/** The constant of a MatMul, or the one in front of the Transpose that keeps it tied to other users. */
function blockedMatMul(node: Node, qdq: BlockedQdq): string | null {
  const operand = node.input(1);
  if (operand?.tensor) return qdq.replace(node, 1, 0);
  const matrix = operand && constantMatrix(operand);
  if (!matrix || !operand.producer)
    return node.input(0)?.tensor ? 'the constant is on the left; blocks run along the right' : COMPUTED;
  return qdq.replace(operand.producer, 0, matrix.transposed ? 1 : 0);
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
    const rules = options.format === 'qdq' ? qdqRules(qdq) : kernelRules(matrices, options);
    const nodes = [...allNodes(model, { functions: false })];
    const progress = context.progress('planning', nodes.length);
    for (const node of nodes) {
      progress.tick();
      const rule = rules[node.opType];
      const weight = node.input(WEIGHT_OF[node.opType] ?? 0);
      if (!rule || (weight?.dtype && !isFloat(weight.dtype))) continue;
      const label = node.label;
      const bytes = weight?.tensor?.byteLength ?? 0;
      const reason = options.select(node) ?? rule(node);
      if (reason === null)
        outcome.change(label, `${options.bits}-bit weights in blocks of ${options.blockSize}`);
      else if (reason !== '') outcome.skip(label, reason, bytes, 'node');
    }
    // onnxruntime's tool imports its domain even where it found nothing to do.
    if (options.format !== 'qdq' && (outcome.changed.length > 0 || options.parity))
      model.opsets.set('com.microsoft', model.opsets.get('com.microsoft') ?? 1);
    dropUnused([...matrices.retired, ...qdq.retired]);
    progress.done();
    if (options.halfRest) {
      await runPasses(model, [removeDead], context);
      // The new nodes' values have no types yet.
      await inferTypes(model);
      const { half } = await import('./half.ts');
      await half.apply(model, { ...options, dtype: 'float16' }, outcome, context);
    }
  },
};
