/** What two models differ in, in words: the first few nodes and tensors. */
import type { Model } from '../ir/model.ts';
import { printModel } from '../ir/print.ts';
import { allGraphs } from '../ir/walk.ts';

const SHOWN = 5;

export function differences(a: Model, b: Model): string[] {
  const found: string[] = [];
  const [first, second] = [printModel(a).split('\n'), printModel(b).split('\n')];
  for (const [at, line] of first.entries()) {
    if (line === second[at]) continue;
    found.push(`line ${at + 1} of the graph: ${line.trim().slice(0, 100)}`);
    break;
  }
  const weights = new Map(tensorsOf(b));
  for (const [name, bytes] of tensorsOf(a)) {
    const other = weights.get(name);
    if (found.length >= SHOWN) break;
    if (!other) found.push(`tensor ${name} is not there`);
    else if (Buffer.compare(bytes(), other()) !== 0) found.push(`tensor ${name} has other values`);
  }
  return found;
}

function tensorsOf(model: Model): [string, () => Uint8Array][] {
  return [...allGraphs(model)].flatMap((graph) =>
    [...graph.initializers].flatMap(({ name, tensor }): [string, () => Uint8Array][] =>
      tensor && !tensor.strings ? [[name, () => tensor.source.read()]] : [],
    ),
  );
}
