/** What to do about the layers that lose most: flags for the command that made the second model. */
import type { Model } from '../ir/model.ts';
import { allNodes } from '../ir/walk.ts';
import type { LayerRecord } from '../report/schema.ts';
import { formatDb, formatShare } from '../report/units.ts';

/** A layer and what `--exclude` calls its node. */
export interface Suspect {
  readonly record: LayerRecord;
  readonly selector: string;
}

/** Above this a layer is not worth a flag. */
const FINE_DB = 30;
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

/** At most one sentence; nothing when no layer that was changed loses much. `second` is the model judged. */
export function suggest(suspects: readonly Suspect[], second: Model): string[] {
  const guilty = suspects
    .filter(({ record }) => record.touched && record.addedNoise > 0 && (record.sqnrDb ?? Infinity) < FINE_DB)
    .sort((a, b) => b.record.addedNoise - a.record.addedNoise);
  const total = guilty.reduce((sum, { record }) => sum + record.addedNoise, 0);
  const worst = leading(guilty, total * SHARE);
  const [first] = worst;
  if (!first) return [];
  if (worst.length <= FEW) {
    const flags = [...new Set(worst.map(({ selector }) => `--exclude ${shellQuoted(selector)}`))].join(' ');
    const share = worst.reduce((sum, { record }) => sum + record.addedNoise, 0) / total;
    const who = worst.length === 1 ? first.record.node : `${worst.length} layers`;
    return [`${flags} leaves out ${who}, where ${formatShare(share)} of the noise of changed layers arises`];
  }
  const ops = new Set([...allNodes(second)].map(({ op }) => op));
  const advice = ALTERNATIVES.find(([op]) => ops.has(op))?.[1];
  return [
    `no layer stands out: the loss is spread over ${guilty.length} changed layers, the worst at ${formatDb(first.record.sqnrDb)}` +
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
    sum += suspect.record.addedNoise;
  }
  return taken;
}

function shellQuoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
