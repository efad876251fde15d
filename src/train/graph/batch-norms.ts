/** Batch normalizations in training: statistics of the batch, and running ones for later. */
import { int } from '../../ir/attribute.ts';
import type { Formula } from '../../ir/formula.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { specOf } from '../../ops/table.ts';

/** A running statistic, and what it is after the step. */
export interface Running {
  readonly before: Value;
  readonly after: Value;
}

/** The share of the old statistics that ONNX keeps where a node does not say. */
const MOMENTUM = 0.9;

/**
 * Lets every normalization with running statistics use those of the batch. Running variances are of the unbiased kind, as
 * PyTorch keeps them; the operator itself keeps the other.
 * @param graph with types
 */
export function trainBatchNorms(graph: Graph, f: Formula): Running[] {
  const found: Running[] = [];
  for (const node of graph.nodes) {
    const running = specOf(node)?.running;
    if (!running || node.int('training_mode', 0) === 1) continue;
    const inputs = running.map((index) => node.input(index));
    const [mean, variance] = inputs;
    if (!mean?.tensor || !variance?.tensor) continue;
    node.attributes.set('training_mode', int(1));
    const [nextMean, nextVariance] = [graph.value(`${mean.name}_next`), graph.value(`${variance.name}_next`)];
    for (const [at, value] of [nextMean, nextVariance].entries()) {
      value.type = { dtype: 'float32', shape: mean.tensor.dims };
      node.setOutput(1 + at, value);
    }
    found.push({ before: mean, after: nextMean });
    found.push({ before: variance, after: unbiased(node, variance, nextVariance, f) });
  }
  return found;
}

/** The new variance where the batch's part of it is divided by n - 1 instead of n. */
function unbiased(node: Node, before: Value, after: Value, f: Formula): Value {
  const momentum = node.float('momentum', MOMENTUM);
  const shape = (node.input(0)?.type?.shape ?? []).map(Number);
  const count = shape.reduce((product, dim, axis) => (axis === 1 ? product : product * dim), 1);
  if (!(count > 1)) return after;
  const kept = f.mul(before, momentum);
  return f.add(kept, f.mul(f.sub(after, kept), count / (count - 1)));
}
