/** Softmax, LogSoftmax and Hardmax 13: one axis, where they used to take all axes from one on as one. */
import { int } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import type { Adapter } from './adapter.ts';

export const softmaxAxis: Adapter = (node, { types }) => {
  const [input, output] = [node.input(0), node.output(0)];
  if (!input || !output || !node.graph) return false;
  const shape = types.shape(input);
  const stated = node.int('axis', 1);
  const axis = stated < 0 && shape ? stated + shape.length : stated;
  // The axes behind it are none, or of size one: nothing is taken together.
  const alone = axis === -1 || shape?.slice(axis + 1).every((dim) => dim === 1) === true;
  if (alone) {
    node.attributes.set('axis', int(shape && axis === shape.length - 1 ? -1 : axis));
    return true;
  }
  const before = new Builder(node.graph, { before: node });
  const after = new Builder(node.graph, { after: node });
  const flat = before.op('Flatten', [input], {
    attributes: { axis: int(stated) },
    output: `${output.name}_flat`,
  });
  const size = before.op('Shape', [input], { output: `${output.name}_shape` });
  const result = node.graph.value(`${output.name}_flat_result`);
  node.setInput(0, flat);
  node.setOutput(0, result);
  node.attributes.set('axis', int(-1));
  after.op('Reshape', [result, size], { into: output });
  return true;
};
