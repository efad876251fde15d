/** Axes that operators leave to their default are written down where opsets disagree about the default. */
import { int } from '../ir/attribute.ts';
import { allNodes } from '../ir/walk.ts';
import type { Pass } from './pass.ts';

/** Since ai.onnx 13 the last axis; before, everything from axis 1 on. */
const LAST_BY_DEFAULT = new Set(['Softmax', 'LogSoftmax', 'Hardmax']);
const SINCE = 13;

/** A node does not know its opset; with the axis stated nobody has to ask for it. */
export const stateAxes: Pass = {
  name: 'state-axes',
  summary: 'write down axes that are left to their default',
  keepsNames: true,
  run(model, scope) {
    if (model.opset < SINCE) return;
    for (const node of allNodes(model, { functions: false })) {
      if (!LAST_BY_DEFAULT.has(node.opType) || node.attributes.has('axis')) continue;
      node.attributes.set('axis', int(-1));
      scope.changed('stated the axis', node.label);
    }
  },
};
