/** Gather from a constant table: the rows stay integers in the file and become floats after the look-up. */
import { type Attribute, int, ints } from '../../ir/attribute.ts';
import { DTYPES } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import { symmetricWeights, WORTHWHILE } from '../schemes/scheme.ts';
import type { WeightSpec } from '../weight.ts';
import type { DynamicQuantizer } from './quantizer.ts';

/** One scale per row of a matrix (a second, tiny Gather fetches it), otherwise one for the table. */
export function quantizeGather(q: DynamicQuantizer, node: Node): string | null {
  const [table, indices] = node.inputs;
  // Selecting from a computed value involves no weight.
  if (!table?.tensor || !indices) return '';
  if (q.options.parity) return gatherLikeOnnxruntime(q, node);
  if (table.tensor.size < WORTHWHILE) return 'small: nothing to gain';
  // The scales of a table that is quantized already are such a vector.
  if (table.tensor.dims.length < 2) return 'a vector: nothing to gain';
  const spec = tableSpec(q, node, table);
  const rows = spec.axis !== null;
  const weight = q.weight(table, spec);
  const emitter = new Emitter(node);
  const [output] = takeOutputs(node);
  if (!output) return 'its output is unused';
  const { dtype } = table.tensor;
  // Scales stay float32: half precision has too few digits for those of small weights.
  const floats = dtype === 'float32' ? output : emitter.graph.value(`${output.name}_float32`);
  const name = node.name ? `${node.name}_quant` : '';
  const codes = emitter.op('Gather', [weight.codes, indices], `${output.name}_quantized`, {
    name,
    attributes: Object.fromEntries(node.attributes),
  });
  if (rows)
    dequantizeRows(q, emitter, {
      codes,
      indices,
      scale: weight.scale,
      output: floats,
      zero: spec.type === 'int8' ? 0 : 128,
    });
  else
    emitter.into('DequantizeLinear', [codes, weight.scale, weight.zeroPoint], [floats], {
      name: `${output.name}_DequantizeLinear`,
    });
  if (floats !== output)
    emitter.into('Cast', [floats], [output], {
      name: `${output.name}_narrow`,
      attributes: { to: int(DTYPES[dtype].code) },
    });
  emitter.graph.remove(node);
  return null;
}

/** Scales for rows where the look-up is by rows, else for the table; a tied table has the codes of its other users. */
function tableSpec(q: DynamicQuantizer, node: Node, table: Value): WeightSpec {
  const { reduceRange, symmetric, weightType } = q.options;
  const adopted = q.adoptedSpec(table);
  if (adopted) return { ...adopted, symmetric: true, reduceRange };
  // Before opset 11 no axis can be counted from the end.
  const byRows = table.rank === 2 && node.int('axis') === 0 && q.model.opset >= 11;
  const axis = byRows ? q.scaleAxis(table, 0) : null;
  if (q.isTied(table)) return { type: weightType, symmetric: symmetricWeights(q.options), reduceRange, axis };
  const centred = axis !== null || symmetric === true;
  // Rows are looked up, not summed: all bits are of use.
  return { type: centred ? 'int8' : 'uint8', symmetric: centred, reduceRange: false, axis };
}

interface Rows {
  readonly codes: Value;
  readonly indices: Value;
  /** [rows] */
  readonly scale: Value;
  readonly output: Value;
  /** The code of zero. */
  readonly zero: number;
}

/** Output = (float(codes) - zero) * scale[indices], the scale stretched over the row. */
function dequantizeRows(
  q: DynamicQuantizer,
  emitter: Emitter,
  { codes, indices, scale, output, zero }: Rows,
): void {
  const cast = emitter.op('Cast', [codes], `${output.name}_codes`, {
    attributes: { to: int(DTYPES.float32.code) },
  });
  const floats =
    zero === 0
      ? cast
      : emitter.op(
          'Sub',
          [cast, emitter.constant(`${output.name}_zero`, Tensor.scalar(zero))],
          `${output.name}_centred`,
        );
  const scales = emitter.op('Gather', [scale, indices], `${output.name}_scales`);
  const axes: readonly [(Value | null)[], Record<string, Attribute>] =
    q.model.opset >= 13
      ? [[scales, emitter.constant(`${output.name}_axes`, Tensor.ints([-1]))], {}]
      : [[scales], { axes: ints([-1]) }];
  const column = emitter.op('Unsqueeze', axes[0], `${output.name}_column`, { attributes: axes[1] });
  emitter.into('Mul', [floats, column], [output], { name: `${output.name}_rescale` });
}

/** uint8 per tensor; the look-up's result stays quantized for consumers that take integers. */
function gatherLikeOnnxruntime(q: DynamicQuantizer, node: Node): string | null {
  const [table, indices] = node.inputs;
  const output = node.output();
  if (!table || !output || !node.graph) return 'its output is unused';
  const weight = q.weight(table, { type: 'uint8', symmetric: false, reduceRange: false, axis: null });
  node.setInput(0, weight.codes);
  node.setInput(1, indices ?? null);
  q.hand(node, node.graph, output, weight);
  return null;
}
