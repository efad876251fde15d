/** Rounds the matrices of a model with data: layer by layer, each against what the layers before it have become. */
import { LlmcError } from '../../errors.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { LayerGrid } from '../../numeric/layer.ts';
import { nearestLayer, type RoundedLayer } from '../../numeric/layer.ts';
import { packMatmul, type StoredGrid, turned, unpackMatmul } from '../../numeric/layer-pack.ts';
import { RuntimeMatrixEngine } from '../../runtime/matrix-engine.ts';
import type { Context } from '../../step.ts';
import type { BlockedMatrix } from '../nbits/blocked-matrix.ts';
import { readBatches } from './batches.ts';
import { groupBy } from './group-by.ts';
import type { Rounding } from './method.ts';
import type { Moments } from './moments.ts';
import { problemOf } from './problem.ts';
import { Relay } from './relay.ts';
import { standIn } from './stand-in.ts';
import type { MatrixUses } from './uses.ts';
import { valuesByName } from './values-by-name.ts';
import { roundWithoutData } from './without-data.ts';

export interface RoundingRequest {
  readonly method: Rounding;
  readonly data: string;
  readonly samples: number;
  readonly blockSize: number;
  readonly symmetric: boolean;
}

/** What became of a matrix. Errors are squared, relative to the squares of the layer's output. */
export interface RoundedMatrix {
  /** The method that was used in the end. */
  readonly method: string;
  readonly error: number | null;
  readonly nearest: number | null;
  /** Why it was not the method asked for. */
  readonly reason: string | null;
}

/** Fewer rows than this say nothing about how inputs go together. */
const FEWEST_ROWS = 16;

interface Work {
  readonly matrices: readonly BlockedMatrix[];
  readonly constant: Value;
  readonly grid: LayerGrid;
}

/**
 * Rounds `matrices`, made of constants of `model`, and stores what comes out; by name of the constant. Never worse than
 * round-to-nearest in the measured error of a layer: a layer that would be, is rounded to nearest.
 * @param model the float model, untouched
 * @throws LlmcError DATA when the data does not fit or has too few rows for every layer
 */
export async function roundMatrices(
  model: Model,
  uses: ReadonlyMap<string, MatrixUses>,
  matrices: readonly BlockedMatrix[],
  request: RoundingRequest,
  context: Context,
): Promise<ReadonlyMap<string, RoundedMatrix>> {
  const results = new Map<string, RoundedMatrix>();
  const constants = new Map([...model.graph.initializers].map((value) => [value.name, value]));
  const stops = new Map<Value, Work[]>();
  const values = valuesByName(model);
  const rest: Work[] = [];
  for (const [name, same] of groupBy(matrices, (matrix) => matrix.name)) {
    const constant = constants.get(name);
    const [first] = same;
    if (!constant?.tensor || !first) continue;
    const work = { matrices: same, constant, grid: gridOf(first, constant, request) };
    const reason = unsuited(uses.get(name), same);
    const [input = ''] = uses.get(name)?.inputs ?? [];
    const stop = values.get(input);
    if (reason === null && stop) stops.set(stop, [...(stops.get(stop) ?? []), work]);
    else {
      rest.push(work);
      results.set(name, { method: plainOf(request.method), error: null, nearest: null, reason });
    }
  }
  if (stops.size === 0) return results;
  const batches = await readBatches(model, request.data, request.samples);
  const engine = new RuntimeMatrixEngine(context.threads);
  const relay = new Relay(model, [...stops.keys()], batches, engine, context);
  // What is rounded without data comes first, so that layers can make up for it.
  for (const {
    constant,
    matrices: [matrix],
    grid,
  } of rest)
    if (matrix)
      relay.rounded.set(
        constant,
        standIn(constant, matrix.axis, grid, () =>
          roundWithoutData(plainOf(request.method), columnsOf(constant, matrix), grid),
        ),
      );
  const measured: RoundedMatrix[] = [];
  const progress = context.progress('rounding', [...stops.values()].flat().length);
  try {
    for await (const { stop, moments } of relay.arrivals())
      for (const work of stops.get(stop) ?? []) {
        context.signal.throwIfAborted();
        const result = await roundOne(work, moments, request, relay, engine);
        results.set(work.constant.name, result);
        measured.push(result);
        progress.tick();
      }
  } finally {
    await engine.release();
    progress.done();
  }
  refuseTooFew(measured, request);
  return results;
}

async function roundOne(
  { matrices, constant, grid }: Work,
  moments: Moments,
  { method }: RoundingRequest,
  relay: Relay,
  engine: RuntimeMatrixEngine,
): Promise<RoundedMatrix> {
  const [matrix] = matrices;
  if (!matrix || !constant.tensor) throw new Error('nothing to round');
  const weight = columnsOf(constant, matrix);
  const few = moments.rows < FEWEST_ROWS;
  const problem = few ? null : await problemOf(weight, moments, grid, engine);
  const found = problem && (await method.round?.(problem, engine));
  const nearest = nearestLayer(weight, grid);
  const nearestError = problem ? await problem.error(nearest) : null;
  const error = problem && found ? await problem.error(found) : null;
  const better = found && error !== null && nearestError !== null && error <= nearestError;
  const layer = better ? found : problem ? nearest : roundWithoutData(plainOf(method), weight, grid);
  for (const { store } of matrices) store(layer);
  relay.rounded.set(constant, standIn(constant, matrix.axis, grid, kept(layer, grid)));
  if (better) return { method: method.name, error, nearest: nearestError, reason: null };
  const reason = few
    ? tooFew(moments.rows)
    : problem
      ? `${method.name} was no better`
      : 'its inputs are zero or not finite';
  return {
    method: problem ? 'nearest' : plainOf(method),
    error: nearestError,
    nearest: nearestError,
    reason,
  };
}

/** What serves where data says nothing. */
function plainOf(method: Rounding): 'hqq' | 'kquant' {
  return method.name === 'hqq' ? 'hqq' : 'kquant';
}

/** Gives the layer back later; meanwhile it is packed where its bits can be. */
function kept(layer: RoundedLayer, grid: LayerGrid): () => RoundedLayer {
  const { bits } = grid;
  if (bits === 3) return () => layer;
  const stored: StoredGrid = { ...grid, bits };
  const packed = packMatmul(layer, stored);
  return () => unpackMatmul(packed, stored);
}

function tooFew(rows: number): string {
  return `${rows} rows are too few`;
}

/** @param results of the matrices that data was collected for */
function refuseTooFew(results: readonly RoundedMatrix[], { method, samples }: RoundingRequest): void {
  if (method.data !== 'required' || results.some(({ nearest }) => nearest !== null)) return;
  throw new LlmcError('DATA', `the data says too little for ${method.name}: ${results[0]?.reason ?? ''}`, {
    hint: `give at least ${FEWEST_ROWS} rows (--samples is ${samples}), or use --rounding kquant, which needs none`,
  });
}

/** Why a matrix is rounded without data; null when it is not. */
function unsuited(uses: MatrixUses | undefined, same: readonly BlockedMatrix[]): string | null {
  if (!uses || uses.inputs.size === 0) return 'its weight multiplies no value of the main graph';
  if (uses.others) return 'its weight has other uses, too';
  if (uses.inputs.size > 1) return 'its weight serves several inputs';
  const agree = same.every(({ axis, bits }) => axis === uses.axis && bits === same[0]?.bits);
  return agree ? null : 'its weight is stored in several ways';
}

function gridOf(
  matrix: BlockedMatrix,
  constant: Value,
  { blockSize, symmetric }: RoundingRequest,
): LayerGrid {
  const { inputs, outputs, bits } = matrix;
  const scaleType = constant.tensor?.dtype === 'float16' ? 'float16' : 'float32';
  return { inputs, outputs, bits, blockSize, symmetric, scaleType };
}

/** The weights as [inputs, outputs]. */
function columnsOf(constant: Value, { axis, inputs, outputs }: BlockedMatrix): Float32Array {
  if (!constant.tensor) throw new Error(`${constant.name} is no constant`);
  const floats = floatsOf(constant.tensor);
  return axis === 0 ? floats : turned(floats, outputs, inputs);
}
