/** What a channel contributes on data. */
import { eachWeight, type Importance } from './importance.ts';
import { weightsOf } from './weights.ts';

/**
 * Mean energy a channel brings into the layers that read it: the mean square of the channel times the squared norm of the
 * weights that read it, channel by channel what Wanda is weight by weight (Sun et al. 2023, section 3).
 */
export const activation: Importance = {
  name: 'activation',
  summary: 'mean energy that a channel brings into the layers that read it, on data',
  needsData: true,
  score(group, { energies }) {
    const energy = energies?.get(group);
    if (!energy) return null;
    const reading = weightsOf(group).filter(({ reads }) => reads);
    if (reading.length === 0) return energy.map(Math.sqrt);
    const squares = new Float64Array(group.size);
    for (const member of reading)
      eachWeight(member, member.weights, (channel, weight) => {
        squares[channel] = (squares[channel] as number) + weight * weight;
      });
    return squares.map((square, channel) => Math.sqrt(square * (energy[channel] as number)));
  },
};
