/** Upsample became Resize at 10, which got explicit coordinate and rounding rules at 11. */
import { text } from '../../ir/attribute.ts';
import { Tensor } from '../../ir/tensor.ts';
import { type Adapter, replaceNode } from './adapter.ts';

/** Upsample 9: scales become an input. */
export const upsampleScales: Adapter = (node, { constant }) => {
  const scales = node.attributes.get('scales');
  node.attributes.delete('scales');
  if (scales?.kind !== 'floats') return 'it has no scales';
  const tensor = Tensor.of('float32', [scales.value.length], Float32Array.from(scales.value));
  node.setInput(1, constant(node, 'scales', tensor));
  return true;
};

/** Resize 10: Upsample under another name. */
export const upsampleToResize: Adapter = (node, { enlarging }) => {
  enlarging.add(replaceNode(node, { op: 'Resize' }));
  return true;
};

/**
 * Resize 11: until then pixel i came from i / scale, the nearest one by rounding down when enlarging and up when
 * shrinking, as onnxruntime does it.
 */
export const resizeCoordinates: Adapter = (node, { constant, enlarging }) => {
  const constants = node.constant(1)?.array() as ArrayLike<number> | undefined;
  const scales = constants ? Array.from(constants, Number) : null;
  const grows = enlarging.has(node) || scales?.every((scale) => scale >= 1) === true;
  const shrinks = scales?.every((scale) => scale <= 1) === true;
  const nearest = node.text('mode', 'nearest') === 'nearest';
  if (nearest && !grows && !shrinks)
    return scales ? 'it enlarges one axis and shrinks another' : 'its scales are not constant';
  node.attributes.set('coordinate_transformation_mode', text('asymmetric'));
  if (nearest) node.attributes.set('nearest_mode', text(grows ? 'floor' : 'ceil'));
  const factor = node.input(1);
  node.setInput(1, constant(node, 'roi', Tensor.of('float32', [0], new Float32Array(0))));
  node.setInput(2, factor);
  return true;
};
