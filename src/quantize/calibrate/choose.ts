/** auto: the estimator of each value by the error that quantizing it leaves in the model's outputs. */
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { Builder } from '../../ir/builder.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { type AffineSpec, scaleZeroPoint } from '../../numeric/affine.ts';
import { allocateCodes } from '../../numeric/integer.ts';
import { Similarity } from '../../numeric/similarity.ts';
import { cloneModel } from '../../onnx/read.ts';
import { encodeModel } from '../../onnx/write.ts';
import { unlistConstants } from '../../passes/constants.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { openInputs } from '../../runtime/inputs.ts';
import { openSession, type Session } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import type { EstimatorName } from '../ranges/table.ts';
import type { CalibrationRequest } from './request.ts';
import type { CalibratedRange } from './table.ts';

/** Estimators that compete; the first one wins ties. */
const CANDIDATES = ['mse', 'minmax', 'percentile', 'entropy'] as const satisfies readonly EstimatorName[];
/** Of values that only rows kept back reach. */
export const [FALLBACK] = CANDIDATES;
/** What the choice must not be worse than. */
const SAFE: EstimatorName = 'minmax';
/** Rows that outputs are compared on, at most. */
const ROWS = 32;
/** The share of the rows, from the last one on, that are judged by instead of finding ranges on them. */
const HELD_OUT = 4;
/** Fewer rows than this are used for both. */
const ENOUGH = 16;
/** No value is begun after this many milliseconds; the rest keep the candidate that was best for all. */
const TIME_MS = 60_000;

type Outputs = Readonly<Record<string, HostTensor>>;
interface Sample {
  readonly feeds: Feeds;
  readonly expected: Outputs;
}

/** Ranges of a value by estimator. */
type Estimate = (value: Value, name: EstimatorName) => CalibratedRange;
interface Estimates {
  /** By the rows that are not judged by. */
  readonly found: Estimate;
  /** By all rows. */
  readonly final: Estimate;
}

/** Which rows of the data ranges are found on, and which the candidates are judged by. */
export interface Split {
  /** The first rows, for ranges. */
  readonly found: number;
  /** The first row to judge by. */
  readonly judged: number;
  readonly rows: number;
}

/** Of `rows` rows. */
export function splitRows(rows: number): Split {
  if (rows < ENOUGH) return { found: rows, judged: 0, rows };
  const heldOut = Math.min(ROWS, Math.floor(rows / HELD_OUT));
  return { found: rows - heldOut, judged: rows - heldOut, rows };
}

/**
 * All values are quantized with the candidate that is best for all; then one value after the other takes the candidate
 * with the smallest error of the outputs. If minmax is better after all with the ranges of all rows, it is taken.
 * Values inside bodies of control flow keep the candidate that is best for all.
 */
export async function chooseEstimators(
  model: Model,
  values: readonly Value[],
  { found: estimate, final }: Estimates,
  request: CalibrationRequest,
  split: Split,
  context: Context,
): Promise<ReadonlyMap<string, EstimatorName>> {
  const outer = values.filter((value) => value.graph === model.graph);
  const samples = await expectations(model, request, split, context);
  const trial = await Trial.open(model, outer, request, context);
  try {
    const { ranges, names, ...start } = await bestForAll(values, estimate, (tried) =>
      trial.error(samples, tried),
    );
    let best = start.error;
    const deadline = performance.now() + TIME_MS;
    const progress = context.progress('choosing ranges', outer.length);
    let left = 0;
    for (const value of outer) {
      context.signal.throwIfAborted();
      progress.tick();
      if (performance.now() > deadline) {
        left++;
        continue;
      }
      for (const name of CANDIDATES) {
        const kept = ranges.get(value.name) as CalibratedRange;
        const other = estimate(value, name);
        if (other.min === kept.min && other.max === kept.max) continue;
        ranges.set(value.name, other);
        const error = await trial.error(samples, ranges);
        if (error < best) {
          best = error;
          names.set(value.name, name);
        } else ranges.set(value.name, kept);
      }
    }
    progress.done();
    if (left > 0)
      context.note(`${left} values keep the ranges of ${start.name}: the time for choosing was over`);
    const everything = (pick: (value: Value) => EstimatorName) =>
      new Map(values.map((value) => [value.name, final(value, pick(value))]));
    const chosen = await trial.error(
      samples,
      everything((value) => names.get(value.name) ?? FALLBACK),
    );
    const safe = await trial.error(
      samples,
      everything(() => SAFE),
    );
    return chosen <= safe ? names : new Map(values.map((value) => [value.name, SAFE]));
  } finally {
    await trial.release();
  }
}

interface Start {
  readonly name: EstimatorName;
  readonly names: Map<string, EstimatorName>;
  readonly ranges: Map<string, CalibratedRange>;
  readonly error: number;
}

/** The candidate with the smallest error where all values take the same. */
async function bestForAll(
  values: readonly Value[],
  estimate: Estimate,
  errorOf: (ranges: ReadonlyMap<string, CalibratedRange>) => Promise<number>,
): Promise<Start> {
  const trials: Start[] = [];
  for (const name of CANDIDATES) {
    const ranges = new Map(values.map((value) => [value.name, estimate(value, name)]));
    const names = new Map(values.map((value) => [value.name, name]));
    trials.push({ name, names, ranges, error: await errorOf(ranges) });
  }
  return trials.reduce((best, trial) => (trial.error < best.error ? trial : best));
}

/** Some rows of the data and what the float model makes of them. */
async function expectations(
  model: Model,
  { data }: CalibrationRequest,
  { judged, rows }: Split,
  context: Context,
): Promise<Sample[]> {
  const session = await openSession({ model: encodeModel(model) }, { threads: context.threads });
  try {
    const inputs = await openInputs(session, { seed: context.seed, signal: context.signal, data });
    const found: Sample[] = [];
    let [at, taken] = [0, 0];
    for await (const { feeds, size } of inputs.batches(rows)) {
      // A batch that reaches into the rows judged by counts as one of them.
      at += size;
      if (at <= judged) continue;
      if (taken >= ROWS) break;
      found.push({ feeds, expected: await session.run(feeds) });
      taken += size;
    }
    return found;
  } finally {
    await session.release();
  }
}

/** The model with every value quantized by parameters that are fed, so that one session serves all trials. */
class Trial {
  readonly #session: Session;
  readonly #spec: AffineSpec;
  /** Names of the inputs for scale and zero point, by the value's name. */
  readonly #inputs: ReadonlyMap<string, readonly [string, string]>;

  private constructor(
    session: Session,
    spec: AffineSpec,
    inputs: ReadonlyMap<string, readonly [string, string]>,
  ) {
    this.#session = session;
    this.#spec = spec;
    this.#inputs = inputs;
  }

  static async open(
    model: Model,
    values: readonly Value[],
    { spec, reads = () => true }: CalibrationRequest,
    context: Context,
  ): Promise<Trial> {
    const copy = cloneModel(model);
    unlistConstants(copy);
    const { graph } = copy;
    const twins = new Map(
      [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)].flatMap((value) =>
        value ? [[value.name, value] as const] : [],
      ),
    );
    const twinsOfNodes = [...allNodes(copy, { functions: false })];
    const nodes = new Map(
      [...allNodes(model, { functions: false })].map((node, at) => [node, twinsOfNodes[at] as Node]),
    );
    const inputs = new Map<string, readonly [string, string]>();
    for (const original of values) {
      const { name } = original;
      const value = twins.get(name);
      if (!value) continue;
      const scale = graph.value(`${name}_trial_scale`);
      const zero = graph.value(`${name}_trial_zero`);
      scale.type = { dtype: 'float32', shape: [] };
      zero.type = { dtype: spec.type, shape: [] };
      graph.inputs.push(scale, zero);
      const readers = original.uses.filter((use) => reads(original, use));
      const [before] = graph;
      const place = value.producer ? { after: value.producer } : before ? { before } : null;
      const builder = new Builder(graph, place);
      const codes = builder.op('QuantizeLinear', [value, scale, zero]);
      const floats = builder.op('DequantizeLinear', [codes, scale, zero]);
      for (const { node, index } of readers) nodes.get(node)?.setInput(index, floats);
      inputs.set(name, [scale.name, zero.name]);
    }
    const session = await openSession(
      { model: encodeModel(copy) },
      { threads: context.threads, optimize: 'basic' },
    );
    return new Trial(session, spec, inputs);
  }

  /** Error over signal, summed over the outputs and the samples. */
  async error(samples: readonly Sample[], ranges: ReadonlyMap<string, CalibratedRange>): Promise<number> {
    const parameters: Record<string, HostTensor> = {};
    for (const [name, [scaleName, zeroName]] of this.#inputs) {
      const { min, max } = ranges.get(name) ?? { min: 0, max: 0 };
      const { scale, zeroPoint } = scaleZeroPoint(Math.fround(min), Math.fround(max), this.#spec);
      const zero = allocateCodes(this.#spec.type, 1);
      zero[0] = zeroPoint;
      parameters[scaleName] = { dtype: 'float32', dims: [], data: Float32Array.of(scale) };
      parameters[zeroName] = { dtype: this.#spec.type, dims: [], data: zero } as HostTensor;
    }
    const similarities = new Map<string, Similarity>();
    for (const { feeds, expected } of samples) {
      const found = await this.#session.run({ ...feeds, ...parameters });
      for (const [name, tensor] of Object.entries(expected)) {
        const [a, b] = [asFloats(tensor), found[name] ? asFloats(found[name]) : null];
        if (!a || !b || a.length !== b.length) continue;
        const similarity = similarities.get(name) ?? new Similarity();
        similarity.add(a, b);
        similarities.set(name, similarity);
      }
    }
    let sum = 0;
    for (const { sqnrDb, mismatches } of similarities.values())
      sum += mismatches > 0 ? Infinity : 10 ** (-(sqnrDb ?? 300) / 10);
    return sum;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
