/** What passes did around a scheme, for the report; what quantizing itself orphaned is no news. */
import type { Model } from '../ir/model.ts';
import { allGraphs } from '../ir/walk.ts';
import type { PassRecord } from '../report/schema.ts';
import type { PassTrace } from './pass.ts';

/** Names shown of what a pass changed. */
const EXAMPLES = 3;

/** The changes of passes, in order. */
export function passRecords(traces: readonly PassTrace[]): PassRecord[] {
  return traces.flatMap(({ name, changes }) =>
    changes.map(({ what, targets }) => ({
      pass: name,
      what,
      count: targets.length,
      examples: targets.slice(0, EXAMPLES),
    })),
  );
}

/** Labels of nodes and names of initializers that nothing uses, as `remove-dead` calls them. */
export function unusedNames(model: Model): ReadonlySet<string> {
  const unused = new Set<string>();
  for (const graph of allGraphs(model)) {
    for (const value of graph.initializers) if (value.useCount === 0) unused.add(value.name);
    for (const node of graph)
      if (node.outputs.every((value) => value === null || value.useCount === 0)) unused.add(node.label);
  }
  return unused;
}

/** The traces without targets other than the given ones. */
export function tracesAbout(traces: readonly PassTrace[], names: ReadonlySet<string>): PassTrace[] {
  return traces.map((trace) => ({
    ...trace,
    changes: trace.changes.flatMap(({ what, targets }) => {
      const about = targets.filter((target) => names.has(target));
      return about.length > 0 ? [{ what, targets: about }] : [];
    }),
  }));
}
