/** What quantizing values with given ranges does to the outputs of a model, on rows of the data. */
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
import type { CalibrationRequest } from './request.ts';
import type { CalibratedRange } from './table.ts';

/** Rows that outputs are compared on, at most. */
const ROWS = 32;
/** The share of the rows, from the last one on, that are judged by instead of finding ranges on them. */
const HELD_OUT = 4;
/** Fewer rows than this are used for both. */
const ENOUGH = 16;

type Outputs = Readonly<Record<string, HostTensor>>;

/** Feeds and what the float model makes of them. */
export interface Sample {
  readonly feeds: Feeds;
  readonly expected: Outputs;
}

/** Which rows of the data ranges are found on, and which they are judged by. */
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
 * Rows of the data to judge by, and what the float model makes of them.
 * @param most rows, a batch more at most; when that is less than there are, they are spread evenly
 */
export async function expectations(
  model: Model,
  { data }: CalibrationRequest,
  { judged, rows }: Split,
  context: Context,
  most = ROWS,
): Promise<Sample[]> {
  const session = await openSession({ model: encodeModel(model) }, { threads: context.threads });
  try {
    const inputs = await openInputs(session, { seed: context.seed, signal: context.signal, data });
    const found: Sample[] = [];
    let [at, taken] = [0, 0];
    let next = judged;
    for await (const { feeds, size } of inputs.batches(rows)) {
      // So many rows stand for each batch that is taken; the first one is in the middle of its own.
      const stride = Math.max(size, Math.min(((rows - judged) * size) / most, rows - judged));
      if (at === 0) next += (stride - size) / 2;
      // A batch that reaches into the rows judged by counts as one of them.
      at += size;
      if (at <= next) continue;
      if (taken >= most) break;
      found.push({ feeds, expected: await session.run(feeds) });
      taken += size;
      next += stride;
    }
    return found;
  } finally {
    await session.release();
  }
}

/** The model with every value quantized by parameters that are fed, so that one session serves all trials. */
export class Trial {
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
      { threads: context.threads, literalPairs: true },
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
