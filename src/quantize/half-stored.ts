/** Weights stored in half precision behind a Cast: schemes see the floats they become, what they leave is put back. */
import type { Attribute } from '../ir/attribute.ts';
import { bytesOf, computedBytes } from '../ir/bytes.ts';
import { byteLengthOf, DTYPES } from '../ir/dtype.ts';
import { floatsOf } from '../ir/floats.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { castTarget } from '../ops/nodes.ts';
import { WORTHWHILE } from './schemes/scheme.ts';

const STORED: ReadonlySet<string> = new Set(['bfloat16', 'float16', 'float64']);

interface Expanded {
  readonly stored: Value;
  readonly floats: Value;
  readonly tensor: Tensor;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/**
 * Replaces `Cast(constant)` to float32 by a constant that is computed when it is read. The function it returns puts
 * the Cast back wherever the floats are still in use; until it has run, the model is larger than it should be.
 */
export function expandStoredHalves(model: Model): () => void {
  const expanded: Expanded[] = [];
  for (const graph of allGraphs(model, { functions: false })) {
    // One constant may have several Casts: its floats stay one constant, too.
    const known = new Map<Value, Value>();
    for (const node of graph) {
      const found = expand(node);
      if (!found) continue;
      const floats = known.get(found.stored);
      if (floats) found.floats.replaceAllUsesWith(floats);
      known.set(found.stored, floats ?? found.floats);
      expanded.push(found);
    }
  }
  return () => {
    for (const each of expanded) putBack(each);
  };
}

function expand(node: Node): Expanded | null {
  const [stored, floats] = [node.input(0), node.output()];
  const { name, attributes, graph } = node;
  if (
    castTarget(node) !== DTYPES.float32.code ||
    !graph ||
    !floats ||
    !stored?.tensor ||
    floats.isGraphOutput
  )
    return null;
  const { dtype, dims, size } = stored.tensor;
  if (size < WORTHWHILE || !STORED.has(dtype)) return null;
  graph.remove(node);
  const { tensor: halves } = stored;
  const source = computedBytes(byteLengthOf('float32', size), () => bytesOf(floatsOf(halves)));
  const tensor = new Tensor({ dtype: 'float32', dims, source });
  floats.tensor = tensor;
  floats.type = { dtype: 'float32', shape: dims };
  graph.initializers.add(floats);
  return { stored, floats, tensor, name, attributes };
}

function putBack({ stored, floats, tensor, name, attributes }: Expanded): void {
  const { graph } = floats;
  // Something else was made of it.
  if (floats.tensor !== tensor) return;
  if (floats.useCount === 0) {
    graph.removeInitializer(floats);
    return;
  }
  graph.initializers.delete(floats);
  floats.tensor = null;
  graph.prepend({ op: 'Cast', name, inputs: [stored], outputs: [floats], attributes });
}
