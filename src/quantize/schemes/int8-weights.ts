/** int8-weights: weights stored as int8, floats everywhere else; a quarter of the size and the same kernels. */
import type { Node } from '../../ir/node.ts';
import { allNodes } from '../../ir/walk.ts';
import { channelAxis } from '../../ops/contraction.ts';
import { specOf } from '../../ops/table.ts';
import { DequantizedWeights } from '../dequantized-weight.ts';
import { quantizeGather } from '../dynamic/gather.ts';
import { DynamicQuantizer } from '../dynamic/quantizer.ts';
import { dropUnused } from '../emit.ts';
import { type Scheme, type SchemeOptions, symmetricWeights, WORTHWHILE } from './scheme.ts';

const GATHER = 'Gather';

export const int8Weights: Scheme = {
  name: 'int8-weights',
  summary: 'weights stored as int8 with DequantizeLinear in front; float arithmetic',
  // Scales per channel exist from opset 13 on; one scale per tensor from 10 on.
  opset: () => ({ wanted: 13, least: 10 }),
  async apply(model, options, outcome) {
    const weights = new DequantizedWeights(model, options.format === 'cast' ? 'cast' : 'dequantize');
    const rows = new DynamicQuantizer(model, options, outcome);
    for (const node of [...allNodes(model, { functions: false })]) {
      const role = specOf(node)?.quant;
      if (role?.kind !== 'compute' && role?.kind !== 'lookup') continue;
      const bytes = role.weights.reduce((sum, index) => sum + (node.constant(index)?.byteLength ?? 0), 0);
      if (bytes === 0) continue;
      const label = node.label;
      const reason =
        options.select(node) ??
        (role.kind === 'lookup'
          ? lookUp(rows, node)
          : storeWeights(weights, node, role.weights, options, model.opset));
      if (reason === null) outcome.change(label, 'weights stored as int8');
      else if (reason !== '') outcome.skip(label, reason, bytes, 'node');
    }
    dropUnused([...weights.retired, ...rows.retired]);
  },
};

/** A table in front of a DequantizeLinear would be expanded whole at every run: rows are dequantized after the look-up. */
function lookUp(rows: DynamicQuantizer, node: Node): string | null {
  if (node.constant(0)?.dtype !== 'float32') return 'its table is not float32';
  return node.opType === GATHER
    ? quantizeGather(rows, node)
    : 'its tables would be expanded whole at every run';
}

function storeWeights(
  weights: DequantizedWeights,
  node: Node,
  indices: readonly number[],
  options: SchemeOptions,
  opset: number,
): string | null {
  let reason: string | null = 'small: nothing to gain';
  for (const index of indices) {
    const tensor = node.constant(index);
    if (!tensor || tensor.size < WORTHWHILE || tensor.dims.length < 2) continue;
    if (tensor.dtype !== 'float32') {
      reason = `its weight is ${tensor.dtype}`;
      continue;
    }
    weights.replace(node, index, {
      type: options.weightType,
      symmetric: symmetricWeights(options),
      reduceRange: options.reduceRange,
      axis: options.perChannel && opset >= 13 ? channelAxis(node, index) : null,
    });
    reason = null;
  }
  return reason;
}
