/** Whether an operator exists in float16 or bfloat16, and what keeps it from being converted. */
import type { Node } from '../ir/node.ts';
import type { OpSpec } from './spec.ts';
import { specOf } from './table.ts';

export type HalfType = 'float16' | 'bfloat16';

/**
 * Why the data of a node cannot have the type; null when it can.
 * @param opset version of the node's domain that the model imports
 */
export function halfRefusal(node: Node, opset: number, dtype: HalfType): string | null {
  const spec = specOf(node);
  if (!spec?.types) return `nothing is known of ${node.opType} in ${dtype}`;
  const since = dtype === 'float16' ? float16Since(spec) : bfloat16Since(spec, node.domain);
  if (since === null) return `${node.opType} has no ${dtype} form`;
  return opset >= since
    ? null
    : `${node.opType} takes ${dtype} from opset ${since} on, the model has ${opset}`;
}

/** Why a node is left in float32 although its types admit halves; null when nothing is in the way. */
export function float32Reason(node: Node): string | null {
  if (node.int('training_mode') !== 0) return 'averages statistics, whose small steps half precision loses';
  if (node.domain === 'ai.onnx.ml') return 'its parameters are float32 attributes';
  const fact = specOf(node)?.float32Only;
  return (typeof fact === 'function' ? fact(node) : fact) ?? null;
}

/** True when onnxruntime's CPU provider can run the node on bfloat16 data; float16 it can always, by inserting casts. */
export function runsBfloat16OnCpu(node: Node): boolean {
  return specOf(node)?.cpuBfloat16 === true;
}

function float16Since({ float16 }: OpSpec): number | null {
  return float16 === undefined ? 1 : float16;
}

function bfloat16Since({ float16, bfloat16 }: OpSpec, domain: string): number | null {
  if (bfloat16 !== undefined) return bfloat16;
  if (float16 === null) return null;
  // ai.onnx gained bfloat16 in the big sweep of opset 13; contrib operators have one version only.
  return domain === '' ? 13 : 1;
}
