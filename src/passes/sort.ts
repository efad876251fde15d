/** Topological order: every node behind what it needs; sorted files keep their order. */
import { allGraphs, topologicalOrder } from '../ir/walk.ts';
import type { Pass } from './pass.ts';

export const sort: Pass = {
  name: 'sort',
  summary: 'put nodes behind the nodes they need',
  keepsNames: true,
  run(model, { changed }) {
    for (const graph of allGraphs(model)) {
      const order = topologicalOrder(graph);
      if (!order) throw new Error(`sort: graph '${graph.name}' has a cycle`);
      const moved = graph.nodes.filter((node, index) => node !== order[index]).length;
      if (moved === 0) continue;
      graph.reorder(order);
      changed(`moved ${moved} nodes`, `graph '${graph.name}'`);
    }
  },
};
