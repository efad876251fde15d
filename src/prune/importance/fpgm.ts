/** Filters that others can stand for. */
import { eachWeight, type Importance } from './importance.ts';
import { weightsOf } from './weights.ts';

/**
 * Distance of the weights that make a channel to those of all others: what lies near the geometric median is redundant
 * (He et al. 2019, Filter Pruning via Geometric Median, equation 5).
 */
export const fpgm: Importance = {
  name: 'fpgm',
  summary: 'sum of distances between the weights that make a channel and those of the others',
  score(group) {
    const making = weightsOf(group).filter(({ reads }) => !reads);
    if (making.length === 0) return null;
    const squares = new Float64Array(group.size * group.size);
    for (const member of making) addSquares(squares, group.size, vectorsOf(member, group.size));
    const score = new Float64Array(group.size);
    for (let a = 0; a < group.size; a++)
      for (let b = 0; b < group.size; b++)
        score[a] = (score[a] as number) + Math.sqrt(squares[a * group.size + b] as number);
    return score;
  },
};

/** The weights of each channel in the order they lie in. */
function vectorsOf(member: ReturnType<typeof weightsOf>[number], size: number): number[][] {
  const vectors = Array.from({ length: size }, (): number[] => []);
  eachWeight(member, member.weights, (channel, weight) => vectors[channel]?.push(weight));
  return vectors;
}

function addSquares(squares: Float64Array, size: number, vectors: readonly (readonly number[])[]): void {
  for (let a = 0; a < size; a++)
    for (let b = a + 1; b < size; b++) {
      const [one, other] = [vectors[a] ?? [], vectors[b] ?? []];
      let sum = 0;
      for (let at = 0; at < one.length; at++) sum += ((one[at] as number) - (other[at] ?? 0)) ** 2;
      squares[a * size + b] = (squares[a * size + b] as number) + sum;
      squares[b * size + a] = (squares[b * size + a] as number) + sum;
    }
}
