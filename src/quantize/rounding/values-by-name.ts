/** Finds a copy's values: a clone has the names of the original. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';

/** Inputs and computed values of the main graph. */
export function valuesByName({ graph }: Model): ReadonlyMap<string, Value> {
  const all = [...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)];
  return new Map(all.flatMap((value) => (value ? [[value.name, value] as const] : [])));
}
