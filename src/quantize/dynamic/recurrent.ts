/** LSTM as com.microsoft DynamicQuantizeLSTM: int8 weights stored input-major, activations quantized by the kernel. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import type { DynamicQuantizer, Quantized } from './quantizer.ts';

/** W [directions, 4 hidden, input] and R [directions, 4 hidden, hidden] become [directions, input, 4 hidden]. */
export function quantizeLstm(q: DynamicQuantizer, node: Node): string | null {
  const [x, w, r, bias, lengths, initialH, initialC, peephole] = node.inputs;
  if (!x || w?.tensor?.dims.length !== 3 || r?.tensor?.dims.length !== 3) return 'its weights are computed';
  if (node.int('layout') !== 0) return 'the integer kernel knows only layout 0';
  const weight = lstmWeight(q, w);
  const recurrence = lstmWeight(q, r);
  const emitter = new Emitter(node);
  const outputs = takeOutputs(node);
  const attributes = Object.fromEntries([...node.attributes].filter(([name]) => name !== 'layout'));
  emitter.into(
    'DynamicQuantizeLSTM',
    [
      x,
      weight.codes,
      recurrence.codes,
      bias ?? null,
      lengths ?? null,
      initialH ?? null,
      initialC ?? null,
      peephole ?? null,
      weight.scale,
      weight.zeroPoint,
      recurrence.scale,
      recurrence.zeroPoint,
    ],
    outputs,
    { name: node.name ? `${node.name}_quant` : '', domain: 'com.microsoft', attributes },
  );
  emitter.graph.remove(node);
  q.model.opsets.set('com.microsoft', q.model.opsets.get('com.microsoft') ?? 1);
  return null;
}

function lstmWeight(q: DynamicQuantizer, value: Value): Quantized {
  const [directions, gates] = value.tensor?.dims ?? [];
  const { perChannel, reduceRange, weightType, parity } = q.options;
  return q.weight(value, {
    // onnxruntime's tool makes int8 of them whatever is asked for.
    type: parity ? 'int8' : weightType,
    symmetric: true,
    reduceRange,
    transpose: true,
    // A scale for every gate row, or one for each direction.
    axis: perChannel ? 1 : 0,
    leading: perChannel,
    scaleDims: perChannel ? [directions as number, gates as number] : [directions as number],
  });
}
