/** Constant nodes become initializers of their graph: weights are where every other pass looks for them. */
import { allGraphs } from '../ir/walk.ts';
import { isConstantNode } from '../ops/nodes.ts';
import { tensorOf } from './constant-node.ts';
import { becomeConstant, unlistConstants } from './constants.ts';
import type { Pass } from './pass.ts';

export const liftConstants: Pass = {
  name: 'lift-constants',
  summary: 'turn Constant nodes into initializers',
  run(model, { changed, kept }) {
    for (const graph of allGraphs(model, { functions: false })) {
      for (const node of graph) {
        if (!isConstantNode(node)) continue;
        const value = node.output();
        const tensor = value ? tensorOf(node) : null;
        if (!value || !tensor) {
          kept(node.label, 'its value has no plain tensor form');
          continue;
        }
        unlistConstants(model);
        graph.remove(node);
        becomeConstant(value, tensor);
        changed('lifted Constant', value.name);
      }
    }
  },
};
