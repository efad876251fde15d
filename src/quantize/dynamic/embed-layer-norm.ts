/** com.microsoft.EmbedLayerNormalization with constant tables, as QEmbedLayerNormalization. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import type { DynamicQuantizer, Quantized } from './quantizer.ts';

/** Word, position and (optional) segment table, gamma, beta: inputs 2 to 6, all of them uint8 with one scale. */
export function quantizeEmbedLayerNorm(q: DynamicQuantizer, node: Node): string | null {
  const [ids, segments, words, positions, segmentTable, gamma, beta, mask, ...more] = node.inputs;
  const tables = [words, positions, segmentTable, gamma, beta];
  if (!ids || !words?.tensor || !positions?.tensor || !gamma?.tensor || !beta?.tensor)
    return 'its tables are computed';
  if (segmentTable && !segmentTable.tensor) return 'its tables are computed';
  if (more.some((value) => value)) return 'QEmbedLayerNormalization takes no position ids';
  if (node.output(2)) return 'QEmbedLayerNormalization does not hand out the sum of the embeddings';
  const quantized = tables.map((value) => (value ? tableCodes(q, value) : null));
  const part = (key: keyof Quantized): (Value | null)[] => quantized.map((entry) => entry?.[key] ?? null);
  const emitter = new Emitter(node);
  const inputs = [
    ids,
    segments ?? null,
    ...part('codes'),
    mask ?? null,
    ...part('scale'),
    ...part('zeroPoint'),
  ];
  emitter.into('QEmbedLayerNormalization', inputs, takeOutputs(node).slice(0, 2), {
    name: node.name ? `${node.name}_quant` : '',
    domain: 'com.microsoft',
    attributes: Object.fromEntries([...node.attributes].filter(([name]) => name === 'epsilon')),
  });
  emitter.graph.remove(node);
  return null;
}

function tableCodes(q: DynamicQuantizer, value: Value): Quantized {
  return q.weight(value, {
    type: 'uint8',
    symmetric: false,
    reduceRange: q.options.parity && q.options.reduceRange,
    axis: null,
  });
}
