/** What is a factor and what a bias follows from the operator, whether or not shapes of computed values are known. */

import { describe, expect, it } from 'vitest';
import { allNodes } from '../../../src/ir/walk.ts';
import { staticRole } from '../../../src/quantize/static/role.ts';
import { STATIC_NAMES, staticGraph } from '../../support/static-graphs.ts';

describe.for(STATIC_NAMES)('%s', (name) => {
  it('has the same leading layers when no shape of computed values is known', () => {
    const model = staticGraph(name);
    const rolesNow = () =>
      [...allNodes(model)].flatMap((node) => {
        const role = staticRole(node, false);
        return role !== null && (typeof role === 'string' || role.leads) ? [[node.label, role]] : [];
      });
    const known = rolesNow();
    for (const node of allNodes(model))
      for (const value of node.inputs) if (value && !value.tensor) value.type = null;
    expect(rolesNow()).toEqual(known);
    expect(known.filter(([, role]) => typeof role === 'string')).toEqual([]);
  });
});
