/** Students with fewer layers: some of the repeated layers of a model, found from the structure of its graph. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { type Block, findBlocks } from '../../prune/blocks/find.ts';
import { prepareCutting } from '../../prune/channels/prepare.ts';
import type { Context } from '../../step.ts';

/** What goes into a layer and what comes out of it, which are of one shape. */
interface Layer {
  readonly from: Value;
  readonly to: Value;
}

/** Residual blocks that make one layer, at most: attention, feed-forward and two more. */
const MOST_BLOCKS = 4;

/**
 * Keeps some layers, in place; what a layer made, the one before it makes now (Sanh et al. 2019, section 3).
 * @param kept positions of layers counted from 0, or `half` for every second one
 * @throws LlmcError USAGE for a model without repeated layers and for layers there are not
 */
export async function keepLayers(model: Model, kept: string, context: Context): Promise<string> {
  const { shapes } = await prepareCutting(model, context);
  const layers = repeatedLayers(findBlocks(model, shapes));
  if (layers.length < 2)
    throw new LlmcError('USAGE', 'the teacher has no layers that repeat', {
      hint: 'use --student-from prune:0.5, or give a student with --student',
    });
  const wanted = positionsOf(kept, layers.length);
  for (let at = layers.length - 1; at >= 0; at--) {
    const layer = layers[at];
    if (layer && !wanted.has(at)) layer.to.replaceAllUsesWith(layer.from);
  }
  await runPasses(model, [removeDead], context);
  return `${wanted.size} of ${layers.length} layers kept: ${[...wanted].join(', ')}`;
}

function positionsOf(kept: string, count: number): Set<number> {
  const all = Array.from({ length: count }, (_, at) => at);
  if (kept === 'half') return new Set(all.filter((at) => at % 2 === 0));
  const stated = kept.split(',').map((text) => (/^\d+$/.test(text.trim()) ? Number(text) : Number.NaN));
  const wrong = stated.find((at) => !all.includes(at));
  if (wrong === undefined) return new Set([...stated].sort((a, b) => a - b));
  throw new LlmcError('USAGE', `layers:${kept} is no choice among ${count} layers`, {
    hint: `the layers are 0 to ${count - 1}, e.g. layers:0,${Math.min(2, count - 1)}; or layers:half`,
  });
}

/** The longest run of blocks in which the same ones come again and again. */
function repeatedLayers(blocks: readonly Block[]): Layer[] {
  const kinds = blocks.map(kindOf);
  let best: { start: number; period: number; times: number } = { start: 0, period: 1, times: 0 };
  for (let period = 1; period <= MOST_BLOCKS; period++)
    for (let start = 0; start + period <= kinds.length; start++) {
      const times = repetitions(kinds, start, period);
      // Of two ways to see the same blocks the one with larger layers: attention belongs to its feed-forward part.
      if (times > 1 && times * period > best.times * best.period) best = { start, period, times };
    }
  const { start, period, times } = best;
  return Array.from({ length: times }, (_, at) => {
    const first = blocks[start + at * period];
    const next = blocks[start + (at + 1) * period];
    const last = blocks[start + (at + 1) * period - 1];
    const to = next && at + 1 < times ? next.skip : last?.node.output();
    if (!first || !to) throw new Error('a layer has a beginning and an end');
    return { from: first.skip, to };
  });
}

function repetitions(kinds: readonly string[], start: number, period: number): number {
  let times = 1;
  const same = (at: number) => kinds[at] !== undefined && kinds[at] === kinds[at - period];
  while (Array.from({ length: period }, (_, k) => start + times * period + k).every(same)) times++;
  return times;
}

/** Operators and sizes of weights, in order. */
function kindOf({ nodes }: Block): string {
  return nodes
    .map((node) => {
      const weights = node.inputs.flatMap((value) =>
        value?.tensor && value.tensor.size > 1 ? [value.tensor.dims.join('x')] : [],
      );
      return `${node.opType}(${weights.join()})`;
    })
    .join(' ');
}
