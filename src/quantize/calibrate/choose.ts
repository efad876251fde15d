/** auto: the estimator of each value by the error that quantizing it leaves in the model's outputs. */
import { asFloats } from '../../data/cast.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { Builder } from '../../ir/builder.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
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
import type { CalibrationRequest } from './calibrate.ts';
import type { CalibratedRange } from './table.ts';

/** Estimators that compete; the first one wins ties. */
const CANDIDATES = ['mse', 'minmax', 'percentile', 'entropy'] as const satisfies readonly EstimatorName[];
/** Rows that outputs are compared on. */
const ROWS = 32;
/** No value is begun after this many milliseconds; the rest keep the first candidate. */
const TIME_MS = 60_000;

type Outputs = Readonly<Record<string, HostTensor>>;
interface Sample {
  readonly feeds: Feeds;
  readonly expected: Outputs;
}

/**
 * All values are quantized with the first candidate; then one value after the other takes the candidate with the
 * smallest error of the outputs. Values inside bodies of control flow keep the first.
 */
export async function chooseRanges(
  model: Model,
  values: readonly Value[],
  estimate: (value: Value, name: EstimatorName) => CalibratedRange,
  request: CalibrationRequest,
  context: Context,
): Promise<Map<string, CalibratedRange>> {
  const [first] = CANDIDATES;
  const ranges = new Map(values.map((value) => [value.name, estimate(value, first)]));
  const outer = values.filter((value) => value.graph === model.graph);
  const samples = await expectations(model, request, context);
  const trial = await Trial.open(model, outer, request.spec, context);
  try {
    let best = await trial.error(samples, ranges);
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
      for (const name of CANDIDATES.slice(1)) {
        const kept = ranges.get(value.name) as CalibratedRange;
        const other = estimate(value, name);
        if (other.min === kept.min && other.max === kept.max) continue;
        ranges.set(value.name, other);
        const error = await trial.error(samples, ranges);
        if (error < best) best = error;
        else ranges.set(value.name, kept);
      }
    }
    progress.done();
    if (left > 0) context.note(`${left} values keep the ranges of ${first}: the time for choosing was over`);
    return ranges;
  } finally {
    await trial.release();
  }
}

/** Some rows of the data and what the float model makes of them. */
async function expectations(
  model: Model,
  { data, samples }: CalibrationRequest,
  context: Context,
): Promise<Sample[]> {
  const session = await openSession({ model: encodeModel(model) }, { threads: context.threads });
  try {
    const inputs = await openInputs(session, { seed: context.seed, signal: context.signal, data });
    const found: Sample[] = [];
    for await (const { feeds } of inputs.batches(Math.min(ROWS, samples)))
      found.push({ feeds, expected: await session.run(feeds) });
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
    spec: AffineSpec,
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
    const inputs = new Map<string, readonly [string, string]>();
    for (const { name } of values) {
      const value = twins.get(name);
      if (!value) continue;
      const scale = graph.value(`${name}_trial_scale`);
      const zero = graph.value(`${name}_trial_zero`);
      scale.type = { dtype: 'float32', shape: [] };
      zero.type = { dtype: spec.type, shape: [] };
      graph.inputs.push(scale, zero);
      const readers = value.uses;
      const [before] = graph;
      const place = value.producer ? { after: value.producer } : before ? { before } : null;
      const builder = new Builder(graph, place);
      const codes = builder.op('QuantizeLinear', [value, scale, zero]);
      const floats = builder.op('DequantizeLinear', [codes, scale, zero]);
      for (const { node, index } of readers) node.setInput(index, floats);
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
    for (const similarity of similarities.values()) sum += 10 ** (-(similarity.sqnrDb ?? 300) / 10);
    return sum;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
