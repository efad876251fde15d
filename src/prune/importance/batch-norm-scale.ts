/** Scales behind normalizations. */
import { homogeneousSets } from '../../ops/homogeneous.ts';
import { eachWeight, type Importance } from './importance.ts';
import { weightsOf } from './weights.ts';

/**
 * Magnitude of the scale a normalization gives a channel (Liu et al. 2017, Learning Efficient Convolutional Networks
 * through Network Slimming, section 3).
 */
export const batchNormScale: Importance = {
  name: 'bn',
  summary: 'magnitude of the scale that a batch normalization gives a channel',
  score(group) {
    const total = new Float64Array(group.size);
    let found = false;
    for (const member of weightsOf(group, true)) {
      const { value, reader } = member.site;
      const uses = reader ? [reader] : value.uses;
      // A scale has a shift beside it, and its data is not one of those that scale the result.
      const scales = uses.some(({ node, index }) =>
        homogeneousSets(node).some((set) => set.length === 2 && set[0] === index && !set.includes(0)),
      );
      const vector = value.tensor?.dims.filter((dim) => dim > 1).length === 1;
      if (!scales || !vector) continue;
      found = true;
      eachWeight(member, member.weights, (channel, weight) => {
        total[channel] = (total[channel] as number) + Math.abs(weight);
      });
    }
    return found ? total : null;
  },
};
