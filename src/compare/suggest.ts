/** What to do about the layers that lose most: flags for the command that made the second model. */
import type { Model } from '../ir/model.ts';
import { allNodes } from '../ir/walk.ts';
import type { LayerRecord } from '../report/schema.ts';
import { formatDb } from '../report/units.ts';

/** A changed layer, what `--exclude` calls its node, and the noise power it answers for. */
export interface Suspect {
  readonly record: LayerRecord;
  readonly selector: string;
  readonly noise: number;
}

/** Layers above this many decibels are not worth a flag. */
export const FINE_DB = 30;
/** Layers that make this share of the noise are worth leaving alone, if they are few. */
const SHARE = 0.5;
const FEW = 3;

/** What helps where no layer stands out, by an operator found in the second model. */
const ALTERNATIVES: readonly (readonly [op: string, advice: string])[] = [
  ['MatMulNBits', '--block-size 16, --rounding hqq or --bits 8'],
  ['GatherBlockQuantized', '--block-size 16 or --bits 8'],
  ['DynamicQuantizeLinear', '--scheme int8-weights, which leaves activations in floats'],
  ['QuantizeLinear', 'another --calibration, or --keep-float with a number of layers'],
  ['QLinearConv', 'another --calibration, or --keep-float with a number of layers'],
  ['QLinearMatMul', 'another --calibration, or --keep-float with a number of layers'],
  ['DequantizeLinear', '--per-channel, or --scheme fp16'],
];

/** At most one sentence; nothing without suspects. `second` is the model judged. */
export function suggest(suspects: readonly Suspect[], second: Model): string[] {
  const guilty = [...suspects].sort((a, b) => b.noise - a.noise);
  const total = guilty.reduce((sum, { noise }) => sum + noise, 0);
  const worst = leading(guilty, total * SHARE);
  const [first] = worst;
  if (!first) return [];
  if (worst.length <= FEW) {
    const flags = [...new Set(worst.map(({ selector }) => `--exclude ${shellQuoted(selector)}`))].join(' ');
    const share = worst.reduce((sum, { noise }) => sum + noise, 0) / total;
    const who = worst.length === 1 ? first.record.node : `${worst.length} layers`;
    return [`${flags} leaves out ${who}, behind ${Math.round(share * 100)}% of the noise`];
  }
  const ops = new Set([...allNodes(second)].map(({ op }) => op));
  const advice = ALTERNATIVES.find(([op]) => ops.has(op))?.[1];
  return [
    `no layer stands out: the noise comes from ${guilty.length} changed layers, the worst at ${formatDb(first.record.sqnrDb)}` +
      (advice === undefined ? '' : `; try ${advice}`),
  ];
}

/** The fewest leading items that reach `noise` together. */
function leading(sorted: readonly Suspect[], noise: number): Suspect[] {
  let sum = 0;
  const taken: Suspect[] = [];
  for (const suspect of sorted) {
    if (taken.length > 0 && sum >= noise) break;
    taken.push(suspect);
    sum += suspect.noise;
  }
  return taken;
}

function shellQuoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
