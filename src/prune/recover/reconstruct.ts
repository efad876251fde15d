/** Recovery without training: what reads removed channels reads the best combination of those that are left. */
import { cholesky, solveFactored } from '../../numeric/linalg.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import { channelAxis } from '../../ops/contraction.ts';
import { addToBias } from '../../passes/add-to-bias.ts';
import type { ChannelGram } from '../../probe/channel-gram.ts';
import type { Gone } from '../channels/cost.ts';
import type { ChannelProducts } from './channel-products.ts';
import type { Reader } from './readers.ts';
import { rowsOf, writeRows } from './weight-rows.ts';

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
    if (solved) done.push({ node: reader.node.label, unexplained: await takeOver(reader, solved, engine) });
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
async function takeOver(
  reader: Reader,
  { kept, removed, factors, constants, unexplained }: Combination,
  engine: MatrixEngine,
): Promise<number> {
  const { node, weight, data } = reader;
  const { weights, outputs } = rowsOf(reader);
  const gone = new Float64Array(removed.length * outputs);
  for (const [at, position] of removed.entries())
    gone.set(weights.subarray(position * outputs, (position + 1) * outputs), at * outputs);
  const more = await engine.multiply(factors, gone, kept.length, removed.length, outputs);
  for (const [at, position] of kept.entries())
    for (let out = 0; out < outputs; out++)
      weights[position * outputs + out] =
        (weights[position * outputs + out] as number) + (more[at * outputs + out] as number);
  writeRows(reader, weights);
  const moved = await engine.multiply(constants, gone, 1, removed.length, outputs);
  const delta = perChannel(reader, moved);
  if (delta.some((each) => each !== 0)) addToBias(node, weight.slot, data.slot, delta);
  return unexplained;
}

/** Sums of a row of outputs over everything but the channels of the result: the places of a kernel. */
function perChannel({ node, weight }: Reader, row: Float64Array): Float64Array {
  const { shape } = weight.site;
  const out = channelAxis(node, weight.slot);
  if (out === null || out === weight.axis) return new Float64Array();
  const dims = shape.map((dim, axis) => (axis === weight.axis ? 1 : dim));
  const stride = dims.slice(out + 1).reduce((product, dim) => product * dim, 1);
  const sums = new Float64Array(shape[out] as number);
  for (const [at, value] of row.entries()) {
    const channel = Math.floor(at / stride) % sums.length;
    sums[channel] = (sums[channel] as number) + value;
  }
  return sums;
}
