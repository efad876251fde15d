/** Operators whose attributes became inputs: axes, pads, bounds, sizes. */
import { Tensor } from '../../ir/tensor.ts';
import { type Adapter, floatScalar, takeInts } from './adapter.ts';

/** Squeeze and Unsqueeze 13, ReduceSum 13, the other reductions 18. */
export const axesToInput: Adapter = (node, { constant }) => {
  const axes = takeInts(node, 'axes');
  if (!axes || axes.length === 0) return false;
  node.setInput(1, constant(node, 'axes', Tensor.ints(axes)));
  return true;
};

/** Split 13. */
export const splitToInput: Adapter = (node, { constant }) => {
  const sizes = takeInts(node, 'split');
  if (!sizes) return false;
  node.setInput(1, constant(node, 'split', Tensor.ints(sizes)));
  return true;
};

/** Split 18: equal parts are asked for by number. */
export const splitByNumber: Adapter = (node) => {
  if (node.input(1)) return false;
  node.attributes.set('num_outputs', { kind: 'int', value: node.outputs.length });
  return true;
};

/** Slice 10. */
export const sliceToInputs: Adapter = (node, { constant }) => {
  for (const [index, name] of ['starts', 'ends', 'axes'].entries()) {
    const list = takeInts(node, name);
    if (list) node.setInput(index + 1, constant(node, name, Tensor.ints(list)));
  }
  return true;
};

/** TopK 10. */
export const topKToInput: Adapter = (node, { constant }) => {
  const k = node.int('k');
  node.attributes.delete('k');
  node.setInput(1, constant(node, 'k', Tensor.ints([k])));
  return true;
};

/** Pad 11. */
export const padToInputs: Adapter = (node, { constant, types }) => {
  const value = node.float('value');
  const fill = value === 0 ? null : floatScalar(types.dtype(node.input(0)), value);
  if (value !== 0 && !fill) return 'the element type of its input is unknown';
  node.attributes.delete('value');
  node.setInput(1, constant(node, 'pads', Tensor.ints(takeInts(node, 'pads') ?? [])));
  if (fill) node.setInput(2, constant(node, 'value', fill));
  return true;
};

const LARGEST = Math.fround(3.4028234663852886e38);

/** Clip 11; bounds at the ends of float32 are none. */
export const clipToInputs: Adapter = (node, { constant, types }) => {
  const bounds = { min: node.float('min', -LARGEST), max: node.float('max', LARGEST) };
  const dtype = types.dtype(node.input(0));
  for (const [index, name] of (['min', 'max'] as const).entries()) {
    if (Math.abs(bounds[name]) < LARGEST) {
      const bound = floatScalar(dtype, bounds[name]);
      if (!bound) return 'the element type of its input is unknown';
      node.setInput(index + 1, constant(node, name, bound));
    }
    node.attributes.delete(name);
  }
  return true;
};

/** Dropout 12; nothing trains here, but the ratio is kept for those who do. */
export const dropoutToInput: Adapter = (node, { constant }) => {
  const ratio = node.attributes.get('ratio');
  node.attributes.delete('ratio');
  if (ratio?.kind !== 'float') return false;
  node.setInput(1, constant(node, 'ratio', Tensor.scalar(ratio.value)));
  return true;
};

/** DFT 20: also another default. */
export const dftAxisToInput: Adapter = (node, { constant }) => {
  const axis = node.int('axis', 1);
  node.attributes.delete('axis');
  node.setInput(2, constant(node, 'axis', Tensor.of('int64', [], BigInt64Array.of(BigInt(axis)))));
  return true;
};
