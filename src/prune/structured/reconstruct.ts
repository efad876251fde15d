/** Recovery without training: what reads removed channels reads the best combination of those that are left. */
import { floatsOf } from '../../ir/floats.ts';
import { Tensor } from '../../ir/tensor.ts';
import { cholesky, solveFactored } from '../../numeric/linalg.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import { channelAxis } from '../../ops/contraction.ts';
import { addToBias } from '../../passes/add-to-bias.ts';
import type { ChannelGram } from '../../probe/channel-gram.ts';
import type { ChannelProducts } from './channel-products.ts';
import type { Gone } from './cost.ts';
import type { Reader } from './readers.ts';

/** Damping as a share of the mean diagonal: what is below it is noise. */
const DAMPING = 1e-4;

export interface Reconstruction {
  /** Label of the node whose weights have changed. */
  readonly node: string;
  /** Energy of the removed channels' part in its result that the others cannot give, as a share of that part. */
  readonly unexplained: number;
}

/**
 * Changes, in place, the weights that read removed channels so that those left stand in for them: by least squares over
 * the channels that were observed, with a constant where there is a bias (Luo et al. 2017, ThiNet, section 3.3, for
 * channels instead of windows). To be called before the cut.
 */
export async function reconstruct(
  gone: Gone,
  products: ChannelProducts,
  engine: MatrixEngine,
): Promise<Reconstruction[]> {
  const dropped = new Map<string, { reader: Reader; drop: Uint8Array }>();
  for (const [group, drop] of gone)
    for (const reader of products.readers.get(group) ?? []) {
      const key = `${reader.node.id} ${reader.weight.slot} ${reader.weight.axis}`;
      const known = dropped.get(key) ?? { reader, drop: new Uint8Array(reader.strand.size) };
      dropped.set(key, known);
      const channels = group.crossed.find(({ strand }) => strand === reader.strand)?.channels ?? [];
      for (const [position, channel] of channels.entries())
        if (channel >= 0 && drop[channel] === 1) known.drop[position] = 1;
    }
  const done: Reconstruction[] = [];
  for (const { reader, drop } of dropped.values()) {
    const gram = products.of(reader);
    // Weights that others read as well are theirs too.
    if (!gram || gram.count < 2 || reader.weight.site.value.useCount > 1) continue;
    const solved = await combination(gram, drop, engine);
    if (solved) done.push({ node: reader.node.label, unexplained: takeOver(reader, solved) });
  }
  return done;
}

interface Combination {
  readonly kept: readonly number[];
  readonly removed: readonly number[];
  /** [kept, removed] */
  readonly factors: Float64Array;
  /** [removed]: what is added. */
  readonly constants: Float64Array;
  readonly unexplained: number;
}

/** Removed channels as sums of kept ones and a constant. Null when the kept ones cannot tell anything. */
async function combination(
  { products, sums, count }: ChannelGram,
  drop: Uint8Array,
  engine: MatrixEngine,
): Promise<Combination | null> {
  const size = drop.length;
  const kept = [...drop.keys()].filter((at) => drop[at] === 0);
  const removed = [...drop.keys()].filter((at) => drop[at] === 1);
  const covariance = (i: number, j: number) =>
    (products[i * size + j] as number) - ((sums[i] as number) * (sums[j] as number)) / count;
  const [rows, columns] = [kept.length, removed.length];
  const left = new Float64Array(rows * rows);
  let trace = 0;
  for (const [a, i] of kept.entries()) {
    for (const [b, j] of kept.entries()) left[a * rows + b] = covariance(i, j);
    trace += covariance(i, i);
  }
  for (let a = 0; a < rows; a++)
    left[a * rows + a] = (left[a * rows + a] as number) + (DAMPING * trace) / rows;
  const factor = await cholesky(left, rows, engine);
  if (!factor) return null;
  const right = new Float64Array(rows * columns);
  for (const [a, i] of kept.entries())
    for (const [b, j] of removed.entries()) right[a * columns + b] = covariance(i, j);
  const before = Float64Array.from(right);
  await solveFactored(factor, rows, right, columns, engine);
  const constants = new Float64Array(columns);
  let [explained, all] = [0, 0];
  for (const [b, j] of removed.entries()) {
    let mean = (sums[j] as number) / count;
    for (const [a, i] of kept.entries()) {
      mean -= ((right[a * columns + b] as number) * (sums[i] as number)) / count;
      explained += (right[a * columns + b] as number) * (before[a * columns + b] as number);
    }
    constants[b] = mean;
    all += covariance(j, j);
  }
  return {
    kept,
    removed,
    factors: right,
    constants,
    unexplained: all > 0 ? Math.max(0, 1 - explained / all) : 0,
  };
}

/** Adds to the weights of kept positions what they give of the removed ones, and to the bias what stays the same. */
function takeOver(reader: Reader, { kept, removed, factors, constants, unexplained }: Combination): number {
  const { node, weight, data } = reader;
  const { value, shape } = weight.site;
  const tensor = value.tensor as Tensor;
  const floats = Float32Array.from(floatsOf(tensor));
  const size = shape[weight.axis] as number;
  const inner = shape.slice(weight.axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = shape.slice(0, weight.axis).reduce((product, dim) => product * dim, 1);
  const out = channelAxis(node, weight.slot);
  const delta = new Float64Array(out === null ? 0 : (shape[out] as number));
  const strideOut = out === null ? 1 : shape.slice(out + 1).reduce((product, dim) => product * dim, 1);
  const columns = removed.length;
  for (let block = 0; block < outer; block++)
    for (let at = 0; at < inner; at++) {
      const base = block * size * inner + at;
      for (const [b, j] of removed.entries()) {
        const own = floats[base + j * inner] as number;
        if (own === 0) continue;
        for (const [a, i] of kept.entries()) {
          const place = base + i * inner;
          floats[place] = (floats[place] as number) + own * (factors[a * columns + b] as number);
        }
        if (out === null || out === weight.axis) continue;
        const channel = Math.floor((base + j * inner) / strideOut) % (shape[out] as number);
        delta[channel] = (delta[channel] as number) + own * (constants[b] as number);
      }
    }
  value.tensor = Tensor.of('float32', tensor.dims, floats);
  if (delta.some((each) => each !== 0)) addToBias(node, weight.slot, data.slot, delta);
  return unexplained;
}
