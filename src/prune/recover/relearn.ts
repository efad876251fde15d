/**
 * Layer after layer, the weights of a pruned model that come closest to what the original computed there, given what the
 * pruned model feeds the layer: errors of earlier layers are mended by later ones (Luo et al. 2017, ThiNet, section 3.3;
 * asymmetric reconstruction: He et al. 2017, Channel Pruning, section 3.2).
 */

import { ints } from '../../ir/attribute.ts';
import { Builder } from '../../ir/builder.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { cholesky, solveFactored } from '../../numeric/linalg.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import { addToBias } from '../../passes/add-to-bias.ts';
import type { ObserveOptions } from '../../probe/batches.ts';
import { type ChannelGram, channelGramProbe } from '../../probe/channel-gram.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import type { Context } from '../../step.ts';
import { channelRows, fromRows, type LinearLayer, linearLayer, unitWeight } from './linear-layer.ts';
import { type Merged, mergeModels } from './merged.ts';

/** How far weights are held where they are, as a share of the mean energy of what the layer reads. */
const DAMPING = 1e-2;
/** Layers of more weights a channel, with as many channels, take too much memory and time. */
const MOST = 2048;
/** Observations of the whole model; with more layers than this several are solved at a time. */
const MOST_WAVES = 24;

/** Positions that went, by name of the value and axis. */
export type Drops = ReadonlyMap<string, ReadonlyMap<number, Uint8Array>>;

/**
 * Changes the weights of `pruned` in place. Types of both models must be known.
 * @param original as it was before the cut, with the same names
 * @returns how many layers were solved
 */
export async function relearn(
  original: Model,
  pruned: Model,
  drops: Drops,
  options: ObserveOptions,
  engine: MatrixEngine,
  context: Context,
): Promise<number> {
  let solved = 0;
  const waves = wavesOf(pruned);
  for (const [wave, names] of waves.entries()) {
    const merged = mergeModels(original, pruned);
    if (!merged) return solved;
    const jobs = names.flatMap((name) => jobFor(merged, pruned, name, drops) ?? []);
    if (jobs.length === 0) continue;
    const observed = await observe(
      merged.model,
      jobs.map(({ tap }) => tap),
      { ...options, label: `recovering, ${wave + 1} of ${waves.length}` },
      context,
    );
    for (const job of jobs) {
      const gram = observed.get(job.tap);
      if (gram && (await solve(job, gram, engine))) solved++;
    }
  }
  return solved;
}

/** Layers by the name of their result: those that read the same at once, and neighbours where there are many. */
function wavesOf(pruned: Model): string[][] {
  const waves: string[][] = [];
  let read: Value | null = null;
  for (const node of pruned.graph) {
    const layer = linearLayer(node);
    const name = node.output()?.name;
    if (!layer || name === undefined) continue;
    const data = node.input(layer.data);
    if (data === read) waves.at(-1)?.push(name);
    else waves.push([name]);
    read = data;
  }
  if (waves.length <= MOST_WAVES) return waves;
  return Array.from({ length: MOST_WAVES }, (_, wave) =>
    waves
      .slice(
        Math.floor((wave * waves.length) / MOST_WAVES),
        Math.floor(((wave + 1) * waves.length) / MOST_WAVES),
      )
      .flat(),
  );
}

interface Job {
  /** In the pruned model. */
  readonly layer: LinearLayer;
  readonly channels: number;
  /** What the layer reads, what it gives and what it should give, one above the other. */
  readonly tap: Tap<ChannelGram>;
}

function jobFor(merged: Merged, pruned: Model, name: string, drops: Drops): Job | null {
  const node = pruned.graph.nodes.find((each) => each.output()?.name === name);
  const layer = node ? linearLayer(node) : null;
  const copy = merged.nodeOf(name);
  const target = merged.first(name);
  const result = copy?.output();
  if (!node || !layer || !copy || !target || !result) return null;
  const rank = node.output()?.rank ?? null;
  const channels = layer.dims[layer.weightAxis] as number;
  const size = layer.inner + 2 * channels;
  if (rank === null || size > MOST) return null;
  const { graph } = merged.model;
  const builder = new Builder(graph);
  const unit = unitWeight(layer);
  const inputs: (Value | null)[] = copy.inputs.map((value, index) =>
    index <= Math.max(layer.data, layer.weight) ? value : null,
  );
  inputs[layer.weight] = graph.addInitializer('unit', Tensor.of('float32', unit.dims, unit.floats));
  while (inputs.at(-1) === null) inputs.pop();
  const columns = builder.op(copy.op, inputs, {
    domain: copy.domain,
    attributes: Object.fromEntries(copy.attributes),
  });
  const order = [
    layer.resultAxis,
    ...Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== layer.resultAxis),
  ];
  const flat = (value: Value, rows: number) =>
    builder.op('Reshape', [
      builder.op('Transpose', [value], { attributes: { perm: ints(order) } }),
      builder.ints('rows', [rows, -1]),
    ]);
  const drop = drops.get(name)?.get(layer.resultAxis);
  const kept = drop ? [...drop.keys()].filter((at) => drop[at] === 0) : null;
  const wanted = kept
    ? builder.op('Gather', [target, builder.ints('kept', kept)], {
        attributes: { axis: { kind: 'int', value: layer.resultAxis } },
      })
    : target;
  const joint = builder.op(
    'Concat',
    [flat(columns, layer.inner), flat(result, channels), flat(wanted, channels)],
    { attributes: { axis: { kind: 'int', value: 0 } }, type: { dtype: 'float32', shape: [size, null] } },
  );
  return { layer, channels, tap: { value: joint, probe: channelGramProbe(0, size) } };
}

/** The weights and the bias with the least squared error; weights are held where the data says nothing. */
async function solve({ layer, channels }: Job, gram: ChannelGram, engine: MatrixEngine): Promise<boolean> {
  const { products, sums, count } = gram;
  const { inner } = layer;
  const size = inner + 2 * channels;
  if (count < 2) return false;
  const covariance = (i: number, j: number) =>
    (products[i * size + j] as number) - ((sums[i] as number) * (sums[j] as number)) / count;
  const left = new Float64Array(inner * inner);
  let trace = 0;
  for (let i = 0; i < inner; i++) {
    for (let j = 0; j < inner; j++) left[i * inner + j] = covariance(i, j);
    trace += covariance(i, i);
  }
  if (!(trace > 0)) return false;
  // What is wanted beyond what is given, so that damping holds the weights where they are.
  const right = new Float64Array(inner * channels);
  for (let i = 0; i < inner; i++)
    for (let c = 0; c < channels; c++)
      right[i * channels + c] = covariance(i, inner + channels + c) - covariance(i, inner + c);
  for (let i = 0; i < inner; i++)
    left[i * inner + i] = (left[i * inner + i] as number) + (DAMPING * trace) / inner;
  const factor = await cholesky(left, inner, engine);
  if (!factor) return false;
  await solveFactored(factor, inner, right, channels, engine);
  const rows = channelRows(layer, floatsOf(layer.value.tensor as Tensor));
  const delta = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    let moved = 0;
    for (let i = 0; i < inner; i++) {
      const step = right[i * channels + c] as number;
      rows[c * inner + i] = (rows[c * inner + i] as number) + step;
      moved += (step * (sums[i] as number)) / count;
    }
    delta[c] = ((sums[inner + channels + c] as number) - (sums[inner + c] as number)) / count - moved;
  }
  layer.value.tensor = Tensor.of('float32', layer.dims, fromRows(layer, rows));
  addToBias(layer.node, layer.weight, layer.data, delta);
  return true;
}
