/** Losses inside models, taken apart into logarithms of probabilities and picking by label. */
import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';

/** Cross-entropy with labels, from scores along axis 1; the logarithms are its second result. */
export const softmaxCrossEntropy: Decomposition = (g) => {
  const logarithms = g.f.op('LogSoftmax', [g.input(0)], { attributes: attributesOf({ axis: 1 }) });
  return [likelihood(g, logarithms), logarithms];
};

/** Minus the logarithms of the labels' probabilities. */
export const negativeLogLikelihood: Decomposition = (g) => [likelihood(g, g.input(0))];

/** Rows of the label `ignore_index` count for nothing, the others by the weight of their class. */
function likelihood(g: NodeScope, logarithms: Value): Value {
  const { f, node } = g;
  const dims = g.shape(g.input(1));
  const single = [dims[0] ?? 1, 1, ...dims.slice(1)];
  const given = f.cast(g.input(1), 'int64');
  const ignored = node.attributes.has('ignore_index')
    ? f.op('Equal', [given, f.vector([node.int('ignore_index', 0)])])
    : null;
  const labels = ignored ? f.op('Where', [ignored, f.vector([0]), given]) : given;
  const taken = f.op('GatherElements', [logarithms, f.reshape(labels, single)], {
    attributes: attributesOf({ axis: 1 }),
  });
  const each = f.neg(f.reshape(taken, dims));
  const stated = node.input(2);
  const weights = stated ? f.op('Gather', [stated, labels]) : null;
  const counts = ignored ? f.where(ignored, 0, weights ?? f.filled(dims, 1)) : weights;
  const weighted = counts ? f.mul(each, counts) : each;
  const reduction = node.text('reduction', 'mean');
  if (reduction === 'none') return weighted;
  if (reduction === 'sum') return f.sum(weighted, null, false);
  return counts ? f.sum(f.div(weighted, f.sum(counts)), null, false) : f.mean(each, null, false);
}
