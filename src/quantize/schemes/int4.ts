/** int4 (and 2 or 8 bit): block-wise low-bit matrices, as MatMulNBits and GatherBlockQuantized or as blocked QDQ. */
import { isFloat } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { allNodes } from '../../ir/walk.ts';
import { dropUnused } from '../emit.ts';
import { gatherToNBits } from '../nbits/gather.ts';
import { gemmToNBits, matMulToNBits } from '../nbits/matmul.ts';
import { NBitsMatrices } from '../nbits/matrix.ts';
import { BlockedQdq } from '../nbits/qdq.ts';
import type { Scheme, SchemeOptions } from './scheme.ts';

type Rule = (node: Node, matrices: NBitsMatrices, options: SchemeOptions) => string | null;

/** Operators onnxruntime has low-bit kernels for, with the input that holds the weight. */
const KERNELS: Readonly<Record<string, { readonly weight: number; readonly rule: Rule }>> = {
  Gather: { weight: 0, rule: gatherToNBits },
  Gemm: { weight: 1, rule: gemmToNBits },
  MatMul: { weight: 1, rule: matMulToNBits },
};

/** Contraction axis of the weight for blocked QDQ. */
const QDQ_AXES: Readonly<Record<string, { readonly weight: number; readonly axis: (node: Node) => number }>> = {
  Gemm: { weight: 1, axis: (node) => (node.int('transB') ? 1 : 0) },
  MatMul: { weight: 1, axis: () => 0 },
};

const MATMUL = 'MatMul';

export const int4: Scheme = {
  name: 'int4',
  summary: 'weights of matrix products and look-ups in blocks of 4 (or 2, 8) bits; float arithmetic',
  opset: ({ format, bits }) => (format === 'qdq' ? (bits === 2 ? 25 : 21) : 1),
  async apply(model, options, outcome, context) {
    const matrices = new NBitsMatrices(options);
    const qdq = new BlockedQdq(options);
    const rules = options.format === 'qdq' ? QDQ_AXES : KERNELS;
    const nodes = [...allNodes(model, { functions: false })];
    const progress = context.progress('planning', nodes.length);
    for (const node of nodes) {
      progress.tick();
      const entry = rules[node.opType];
      const weight = entry && node.input(entry.weight);
      if (!entry || (options.parity && node.opType !== MATMUL)) continue;
      const dtype = weight?.dtype;
      if (dtype && !isFloat(dtype)) continue;
      const label = node.label;
      const axes = QDQ_AXES[node.opType];
      const reason =
        options.select(node) ??
        (options.format === 'qdq'
          ? axes
            ? qdq.replace(node, axes.weight, axes.axis(node))
            : null
          : (KERNELS[node.opType]?.rule(node, matrices, options) ?? null));
      if (reason === null) outcome.change(label, `${options.bits}-bit weights in blocks of ${options.blockSize}`);
      else outcome.skip(label, reason, weight?.tensor?.byteLength ?? 0, 'node');
    }
    // onnxruntime's tool imports its domain even where it found nothing to do.
    if (options.format !== 'qdq' && (outcome.changed.length > 0 || options.parity))
      model.opsets.set('com.microsoft', model.opsets.get('com.microsoft') ?? 1);
    dropUnused([...matrices.retired, ...qdq.retired]);
    progress.done();
    if (options.halfRest) {
      const { half } = await import('./half.ts');
      await half.apply(model, { ...options, dtype: 'float16' }, outcome, context);
    }
  },
};
