/** Converts models written as text to half precision and runs them beside the originals. */

import { asFloats } from '../../src/data/cast.ts';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import { printModel } from '../../src/ir/print.ts';
import { allNodes } from '../../src/ir/walk.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { convertToHalf, type HalfOptions } from '../../src/quantize/half/convert.ts';
import { Outcome } from '../../src/quantize/outcome.ts';
import { feedAdapter } from '../../src/runtime/adapt.ts';
import { type Feeds, findFeeds } from '../../src/runtime/feeds.ts';
import { openSession } from '../../src/runtime/session.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';
import { parseModel } from '../support/parse.ts';

export interface Converted {
  readonly before: Model;
  readonly model: Model;
  /** The result in ONNX textual syntax, without the head. */
  readonly text: string;
  readonly outcome: Outcome;
}

/** Converts the model of `text`; float16, io kept, unmeasured unless told otherwise. */
export async function toHalf(text: string, options: Partial<HalfOptions> = {}): Promise<Converted> {
  const model = parseModel(text);
  await inferTypes(model);
  const outcome = new Outcome();
  const defaults: HalfOptions = { dtype: 'float16', halfIo: false, select: () => null, measure: false };
  await convertToHalf(model, { ...defaults, ...options }, silentContext(), outcome);
  const printed = printModel(model).replace(/^<[^>]*>\n/, '');
  return { before: parseModel(text), model, text: printed, outcome };
}

/** Selects nothing of these operators. */
export function without(...ops: readonly string[]): HalfOptions['select'] {
  return (node: Node) => (ops.includes(node.op) ? 'excluded by --exclude' : null);
}

export function nodesOf(model: Model, op: string): Node[] {
  return [...allNodes(model)].filter((node) => node.op === op);
}

/** Casts as `input > output`, in the order of the file, subgraphs included. */
export function castsOf(model: Model): string[] {
  return nodesOf(model, 'Cast').map((node) => `${node.input(0)?.name} > ${node.output()?.name}`);
}

/** Runs both with generated feeds (or given ones), with and without the runtime's optimizations. */
export async function runBoth(converted: Converted, given?: Feeds): Promise<{ exact: Feeds; half: Feeds[] }> {
  const session = await openSession({ model: encodeModel(converted.before) }, { threads: 1 });
  const feeds = given ?? (await findFeeds((each) => session.run(each), session.inputs, { seed: 1 })).make(0);
  const exact = await session.run(feeds);
  const half: Feeds[] = [];
  for (const optimize of ['all', 'disabled'] as const) {
    const after = await openSession({ model: encodeModel(converted.model) }, { threads: 1, optimize });
    half.push(await after.run(feedAdapter(session.inputs, after.inputs)(feeds)));
    await after.release();
  }
  await session.release();
  return { exact, half };
}

/** The lowest signal-to-noise ratio over outputs and runs, in dB; outputs are paired in order. */
export async function fidelity(converted: Converted, given?: Feeds): Promise<number> {
  const { exact, half } = await runBoth(converted, given);
  const ratios = half.flatMap((outputs) =>
    Object.values(exact).map((tensor, index) => ratio(tensor, Object.values(outputs)[index])),
  );
  return Math.min(...ratios);
}

function ratio(exact: HostTensor, actual: HostTensor | undefined): number {
  const [a, b] = [asFloats(exact), actual ? asFloats(actual) : null];
  if (!a || !b || a.length !== b.length) throw new Error('the outputs have no counterpart');
  let [signal, noise] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const value = a[i] as number;
    signal += value ** 2;
    noise += (value - (b[i] as number)) ** 2;
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}
