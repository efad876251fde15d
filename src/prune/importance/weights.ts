/** The weights of a group: which make its channels and which read them. */
import { floatsOf } from '../../ir/floats.ts';
import type { Member, PruneGroup } from '../coupling/group.ts';

export interface WeightOf extends Member {
  readonly weights: Float32Array;
  /** True where channels are summed over, so that the weight reads them; false where it makes or scales them. */
  readonly reads: boolean;
  /** Elements for each position of the axis. */
  readonly perPosition: number;
}

/** Float parameters with more than one axis, or with `all` also biases and scales. */
export function weightsOf(group: PruneGroup, all = false): WeightOf[] {
  return group.members.flatMap((member) => {
    const { tensor } = member.site.value;
    if (!tensor || !/^(b?float)/.test(tensor.dtype)) return [];
    const axes = tensor.dims.filter((dim) => dim > 1).length;
    if (axes < 2 && !all) return [];
    const reads = group.crossed.some(({ strand }) =>
      strand.places.some(({ site, axis, summed }) => site === member.site && axis === member.axis && summed),
    );
    const perPosition = tensor.size / Math.max(1, member.channels.length);
    return [{ ...member, weights: floatsOf(tensor), reads, perPosition }];
  });
}
