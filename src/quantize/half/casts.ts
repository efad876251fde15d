/** Inserts casts, one for each value, directly behind what makes the value, in the graph that the value is of. */
import { int } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import { DTYPES, type DType } from '../../ir/dtype.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';

export class Casts {
  count = 0;
  /** The last cast put at the front of each graph, for inputs and constants. */
  readonly #front = new Map<Graph, Node>();

  /** `value` as `dtype`: a new value, or `into` when that is to be produced. */
  add(value: Value, dtype: DType, into?: Value): Value {
    this.count++;
    const { graph } = value;
    const name = graph.uniqueNodeName(`${value.name}_to_${dtype}`);
    const cast = this.#builder(value).op('Cast', [value], {
      name,
      attributes: { to: int(DTYPES[dtype].code) },
      type: { dtype, shape: value.tensor?.dims ?? value.type?.shape ?? null },
      ...(into ? { into } : { output: `${value.name}_${dtype}` }),
    });
    if (!value.producer && cast.producer) this.#front.set(graph, cast.producer);
    return cast;
  }

  #builder(value: Value): Builder {
    const { graph, producer } = value;
    if (producer) return new Builder(graph, { after: producer });
    const last = this.#front.get(graph);
    const [first] = graph;
    if (last) return new Builder(graph, { after: last });
    return new Builder(graph, first ? { before: first } : null);
  }
}
