/** Removes nodes that hand their input on unchanged, where attributes, constants or certain types prove it. */
import type { Node } from '../ir/node.ts';
import { allGraphs } from '../ir/walk.ts';
import { Constants } from './constants.ts';
import { type Facts, unchanged } from './no-ops.ts';
import { opsetOf } from './opsets.ts';
import type { Pass, PassScope } from './pass.ts';
import { bypass } from './rewire.ts';

export const removeIdentities: Pass = {
  name: 'remove-identities',
  summary: 'remove nodes that change nothing',
  async run(model, scope) {
    const constants = new Constants(model);
    for (const graph of allGraphs(model)) {
      const opset = opsetOf(model, graph);
      for (const node of graph) {
        const rule = node.domain === '' ? unchanged[node.op] : undefined;
        if (!rule || !node.input(0)) continue;
        const types = rule.needsTypes ? await scope.types() : null;
        const facts: Facts = { node, opset, types, constant: (index) => constants.tensor(node.input(index)) };
        if (rule.holds(facts)) remove(node, scope);
      }
    }
  },
};

function remove(node: Node, { changed, kept }: PassScope): void {
  const [from, to] = [node.input(0), node.output(0)];
  const { label, op } = node;
  if (!from || !to) return;
  // A mask or other side output that somebody reads keeps the node.
  const read = node.outputs.slice(1).find((value) => value && (value.useCount > 0 || value.isGraphOutput));
  const refusal = read ? `its output '${read.name}' is used` : bypass(node, from, to);
  if (refusal) kept(label, refusal);
  else changed(`removed ${op}`, label);
}
