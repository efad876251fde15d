/** int8-weights: weights stored as int8, floats everywhere else; a quarter of the size and the same kernels. */
import { isFloat } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { channelAxis } from '../../ops/contraction.ts';
import { specOf } from '../../ops/table.ts';
import { constantMatrix } from '../constant-matrix.ts';
import { DequantizedWeights } from '../dequantized-weight.ts';
import { quantizeGather } from '../dynamic/gather.ts';
import { DynamicQuantizer } from '../dynamic/quantizer.ts';
import { dropUnused } from '../emit.ts';
import { applyTransforms, transformOptions } from '../transforms/run.ts';
import { type Scheme, type SchemeOptions, symmetricWeights, WORTHWHILE } from './scheme.ts';

const GATHER = 'Gather';

export const int8Weights: Scheme = {
  name: 'int8-weights',
  summary: 'weights stored as int8 with DequantizeLinear in front; float arithmetic',
  // Scales per channel exist from opset 13 on; one scale per tensor from 10 on.
  opset: () => ({ wanted: 13, least: 10 }),
  async apply(model, options, outcome, context) {
    await applyTransforms(model, options.static.transforms, transformOptions(options, 32), outcome, context);
    const rows = new DynamicQuantizer(model, options, outcome);
    const weights = new DequantizedWeights(model, options.format === 'cast' ? 'cast' : 'dequantize', rows);
    for (const node of [...allNodes(model, { functions: false })]) {
      const role = specOf(node)?.quant;
      if (role?.kind !== 'compute' && role?.kind !== 'lookup') continue;
      const places = role.weights.flatMap((index) => placeOf(node, index) ?? []);
      if (places.length === 0) continue;
      const bytes = places.reduce((sum, { value }) => sum + (value.tensor?.byteLength ?? 0), 0);
      const label = node.label;
      const reason =
        options.select(node) ??
        (role.kind === 'lookup'
          ? lookUp(rows, node)
          : storeWeights({ rows, weights }, places, options, model.opset));
      if (reason === null) outcome.change(label, 'weights stored as int8');
      else if (reason !== '') outcome.skip(label, reason, bytes, 'node');
    }
    dropUnused([...weights.retired, ...rows.retired]);
  },
};

/** Where a weight is read: by the operator, or by the Transpose in front of it that keeps it tied to other users. */
interface Place {
  readonly node: Node;
  readonly index: number;
  readonly value: Value;
  /** Axis of the constant with a scale for each index. */
  readonly axis: number | null;
}

function placeOf(node: Node, index: number): Place | null {
  const operand = node.input(index);
  if (!operand) return null;
  const axis = channelAxis(node, index);
  // Integers are indices, shapes, or quantized already.
  if (operand.tensor) return isFloat(operand.tensor.dtype) ? { node, index, value: operand, axis } : null;
  const matrix = constantMatrix(operand);
  if (!matrix?.value.tensor || !operand.producer || !isFloat(matrix.value.tensor.dtype)) return null;
  const swapped = axis === null || !matrix.transposed ? axis : 1 - axis;
  return { node: operand.producer, index: 0, value: matrix.value, axis: swapped };
}

/** A table in front of a DequantizeLinear would be expanded whole at every run: rows are dequantized after the look-up. */
function lookUp(rows: DynamicQuantizer, node: Node): string | null {
  return node.opType === GATHER
    ? quantizeGather(rows, node)
    : 'its tables would be expanded whole at every run';
}

function storeWeights(
  { rows, weights }: { rows: DynamicQuantizer; weights: DequantizedWeights },
  places: readonly Place[],
  options: SchemeOptions,
  opset: number,
): string | null {
  let stored = false;
  for (const { node, index, value, axis } of places) {
    const { tensor } = value;
    if (!tensor || tensor.size < WORTHWHILE || tensor.dims.length < 2) continue;
    weights.replace(node, index, {
      type: options.weightType,
      symmetric: symmetricWeights(options),
      reduceRange: options.reduceRange,
      axis: opset >= 13 ? rows.scaleAxis(value, axis) : null,
    });
    stored = true;
  }
  return stored ? null : 'small: nothing to gain';
}
