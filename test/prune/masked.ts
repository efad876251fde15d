/** A model in which channels are masked: whatever is summed over them sees zeros there. */
import { Builder } from '../../src/ir/builder.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import type { Value } from '../../src/ir/value.ts';
import type { Removal } from '../../src/prune/cut/cut.ts';

/**
 * Multiplies every operand of a sum over removed channels by a mask, in place. What was removed reaches nothing else: axes
 * that are not summed over are found in the result again, and results of the model are never cut.
 */
export function maskChannels(removals: readonly Removal[]): void {
  const sums = new Map<string, { read: () => void }>();
  for (const { group, channels } of removals) {
    const gone = new Set(channels);
    for (const { strand, channels: table } of group.crossed) {
      const { node } = strand;
      if (!node?.graph) continue;
      for (const { site, slot, axis, at, summed } of strand.places) {
        if (!summed) continue;
        const mask = Float32Array.from(at, (on) => (on >= 0 && gone.has(table[on] as number) ? 0 : 1));
        if (mask.every((each) => each === 1)) continue;
        const graph = node.graph;
        const key = `${node.id}:${slot}:${axis}:${sums.size}`;
        sums.set(key, {
          read: () => {
            const value = node.input(slot) as Value;
            const dims = site.shape.map((dim, each) => (each === axis ? dim : 1));
            const factor = graph.addInitializer('mask', Tensor.of('float32', dims, mask));
            node.setInput(slot, new Builder(graph, { before: node }).op('Mul', [value, factor]));
          },
        });
      }
    }
  }
  for (const { read } of sums.values()) read();
}
