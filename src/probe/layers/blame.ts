/** Whose fault noise is: a node nobody changed can only make more of the noise it is given. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { LayerFidelity } from './compare-layers.ts';
import { CLEAN_DB } from './rank.ts';

/**
 * The noise power each touched layer answers for: what it adds, and what untouched layers make of its noise. Layers
 * above `fineDb` count as free of noise.
 */
export function blame(
  layers: readonly LayerFidelity[],
  touched: ReadonlySet<unknown>,
  fineDb: number,
): ReadonlyMap<LayerFidelity, number> {
  const byValue = new Map(layers.map((layer) => [layer.before.value, layer]));
  const sums = new Map<LayerFidelity, number>();
  for (const layer of layers) {
    if (layer.added <= 0 || (layer.sqnrDb ?? CLEAN_DB) >= fineDb) continue;
    const seen = new Set<LayerFidelity>();
    let guilty: LayerFidelity | null = layer;
    while (guilty && !touched.has(guilty) && !seen.has(guilty)) {
      seen.add(guilty);
      guilty = noisiest(guilty.before.node, byValue);
    }
    if (guilty && touched.has(guilty)) sums.set(guilty, (sums.get(guilty) ?? 0) + layer.added);
  }
  return sums;
}

/** The worst of the compared values a node reads, or of those that what it reads is computed from. */
function noisiest(node: Node, byValue: ReadonlyMap<Value, LayerFidelity>): LayerFidelity | null {
  let worst: LayerFidelity | null = null;
  const seen = new Set([node]);
  // The set grows while it is walked.
  for (const each of seen)
    for (const value of each.inputs) {
      const layer = value && byValue.get(value);
      if (layer && (layer.sqnrDb ?? CLEAN_DB) < (worst?.sqnrDb ?? CLEAN_DB)) worst = layer;
      if (!layer && value?.producer) seen.add(value.producer);
    }
  return worst;
}
