/** Operators whose modes, defaults or outputs were renamed or taken away. */
import { text } from '../../ir/attribute.ts';
import { type Adapter, replaceNode } from './adapter.ts';

/** Scatter until 10 is ScatterElements from 11 on. */
export const scatterElements: Adapter = (node) => {
  replaceNode(node, { op: 'ScatterElements' });
  return true;
};

/** GridSample 20 drops the prefix "bi". */
export const gridSampleMode: Adapter = (node) => {
  const mode = node.text('mode', 'bilinear');
  const renamed = { bilinear: 'linear', bicubic: 'cubic' }[mode];
  if (!renamed) return false;
  node.attributes.set('mode', text(renamed));
  return true;
};

/** RoiAlign 16 has another default for what used to be the only way. */
export const roiAlignMode: Adapter = (node) => {
  node.attributes.set('coordinate_transformation_mode', text('output_half_pixel'));
  return true;
};

/** BatchNormalization 9 is per channel only. */
export const batchNormalizationSpatial: Adapter = (node) => {
  const spatial = node.int('spatial', 1);
  node.attributes.delete('spatial');
  return spatial === 0
    ? 'it normalizes every position by itself (spatial = 0), which ended with opset 9'
    : false;
};

/** BatchNormalization 14 trains when told to, not when more outputs are asked for. */
export const batchNormalizationOutputs: Adapter = (node) => {
  const [first, ...others] = node.outputs;
  if (others.some((value) => value !== null)) return 'it is in training mode, which changed at opset 14';
  if (others.length === 0) return false;
  replaceNode(node, { outputs: [first ?? null] });
  return true;
};

/** Dropout 10 has a mask of another type. */
export const dropoutMask: Adapter = (node) => {
  const mask = node.output(1);
  return mask && (mask.useCount > 0 || mask.isGraphOutput)
    ? 'its mask is used, whose type changed at opset 10'
    : false;
};

/** AveragePool 19 counts the padding of a last, partial window another way. */
export const averagePoolCeil: Adapter = (node) =>
  node.int('ceil_mode') === 1 && node.int('count_include_pad') === 1
    ? 'it counts padding in windows that reach beyond it (ceil_mode with count_include_pad), which changed at opset 19'
    : false;

/** GroupNormalization 21 has a scale per channel, not per group. */
export const groupNormalizationScale: Adapter = () => 'its scale is per group, which ended with opset 21';

/** Scan 9 lost the batch axis. */
export const scanBatch: Adapter = () => 'Scan of opset 8 works on batches, which ended with opset 9';
