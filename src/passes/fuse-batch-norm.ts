/** BN(W x + b) = (f W) x + (f b + o): BatchNormalization goes into the weights before it. */

import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import { allGraphs } from '../ir/walk.ts';
import { type ChannelAffine, channelAffine } from './batch-norm.ts';
import { Constants, unlistConstants } from './constants.ts';
import { readFloats, writeFloats } from './float-tensor.ts';
import { type Linear, linearOf } from './linear-node.ts';
import { isFunctionBody, opsetOf } from './opsets.ts';
import type { Pass, PassScope } from './pass.ts';

export const fuseBatchNorm: Pass = {
  name: 'fuse-batch-norm',
  summary: 'put BatchNormalization into the convolution or matrix product before it',
  async run(model, scope) {
    const constants = new Constants(model);
    for (const graph of allGraphs(model)) {
      if (isFunctionBody(model, graph)) continue;
      for (const node of graph) {
        if (node.opType !== 'BatchNormalization') continue;
        const affine = channelAffine(node, opsetOf(model, graph), (index) =>
          constants.tensor(node.input(index)),
        );
        const refusal =
          typeof affine === 'string' ? affine : await fuse(model, node, affine, constants, scope);
        if (refusal) scope.kept(node.label, refusal);
      }
    }
  },
};

/** Null when the node is gone, else why it must stay. */
async function fuse(
  model: Model,
  norm: Node,
  affine: ChannelAffine,
  constants: Constants,
  scope: PassScope,
): Promise<string | null> {
  const [input, output] = [norm.input(0), norm.output(0)];
  if (!input || !output) return 'it has no input or output';
  const linear = await linearOf(input, constants, scope);
  if (typeof linear === 'string') return linear;
  const { node, weight, bias } = linear;
  if (affine.factor.length !== linear.channels)
    return `it has ${affine.factor.length} channels, ${node.label} ${linear.channels}`;
  const tensors = fused(linear, affine);
  if (!tensors) return `the result does not fit ${weight.tensor?.dtype}`;
  unlistConstants(model);
  weight.tensor = tensors.weight;
  const sum = bias.place(tensors.bias, norm);
  scope.changed(`fused BatchNormalization into ${node.op}`, norm.label);
  norm.graph?.remove(norm);
  sum.setOutput(0, output);
  return null;
}

function fused(
  { weight, bias, layout, channels }: Linear,
  { factor, offset }: ChannelAffine,
): { readonly weight: Tensor; readonly bias: Tensor } | null {
  const { tensor } = weight;
  const values = readFloats(tensor);
  if (!tensor || !values) return null;
  const scaled = new Float64Array(values.length);
  const { groups, outer, inner } = layout;
  const perGroup = channels / groups;
  for (let index = 0, group = 0; group < groups; group++)
    for (let row = 0; row < outer; row++)
      for (let column = 0; column < perGroup; column++) {
        const by = factor[group * perGroup + column] as number;
        for (let item = 0; item < inner; item++, index++) scaled[index] = (values[index] as number) * by;
      }
  const sum = Float64Array.from(
    offset,
    (value, c) =>
      value + (bias.values?.[bias.values.length === 1 ? 0 : c] ?? 0) * bias.factor * (factor[c] as number),
  );
  const [newWeight, newBias] = [
    writeFloats(tensor.dtype, tensor.dims, scaled),
    writeFloats(tensor.dtype, [channels], sum),
  ];
  return newWeight && newBias && { weight: newWeight, bias: newBias };
}
