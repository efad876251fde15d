/** What round-to-nearest would do to each matrix of a model, on data where there is some. */
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { type LayerGrid, layerErrors, nearestLayer } from '../../numeric/layer.ts';
import { turned } from '../../numeric/layer-pack.ts';
import { cloneModel } from '../../onnx/read.ts';
import { RuntimeMatrixEngine } from '../../runtime/matrix-engine.ts';
import type { Context } from '../../step.ts';
import { isSymmetric } from '../nbits/matrix.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { readBatches } from './batches.ts';
import { problemOf } from './problem.ts';
import { Relay } from './relay.ts';
import { type MatrixUses, usesOfMatrices } from './uses.ts';
import { valuesByName } from './values-by-name.ts';

/**
 * Squared errors, relative to the squares of the output; relative to those of the weights where a matrix has no data of
 * its own (a table that is looked up puts out its weights). Matrices that are no matrices are left out.
 */
export async function nearestErrors(
  model: Model,
  matrices: readonly Value[],
  options: SchemeOptions,
  context: Context,
): Promise<ReadonlyMap<Value, number>> {
  const uses = usesOfMatrices(model);
  const errors = new Map<Value, number>();
  for (const value of matrices)
    if (value.tensor?.dims.length === 2) errors.set(value, ownError(layerOf(value, uses, options)));
  if (options.data !== undefined) await measure(model, uses, options.data, errors, options, context);
  return errors;
}

interface Layer {
  /** [inputs, outputs] */
  readonly weight: Float32Array;
  readonly grid: LayerGrid;
}

function layerOf(value: Value, uses: ReadonlyMap<string, MatrixUses>, options: SchemeOptions): Layer {
  if (!value.tensor) throw new Error(`${value.name} is no constant`);
  const [rows, columns] = value.tensor.dims as [number, number];
  const floats = floatsOf(value.tensor);
  const across = (uses.get(value.name)?.axis ?? 1) === 1;
  const [inputs, outputs] = across ? [columns, rows] : [rows, columns];
  const { bits, blockSize } = options;
  return {
    weight: across ? turned(floats, rows, columns) : floats,
    grid: { inputs, outputs, bits, blockSize, symmetric: isSymmetric(options) },
  };
}

function ownError({ weight, grid }: Layer): number {
  const squares = (values: Float32Array): number => values.reduce((sum, each) => sum + each * each, 0);
  return squares(layerErrors(weight, nearestLayer(weight, grid), grid)) / (squares(weight) || 1);
}

/** Replaces errors by measured ones, in the float model. */
async function measure(
  model: Model,
  uses: ReadonlyMap<string, MatrixUses>,
  data: string,
  errors: Map<Value, number>,
  options: SchemeOptions,
  context: Context,
): Promise<void> {
  const copy = cloneModel(model);
  const values = valuesByName(copy);
  const readers = new Map<Value, Value[]>();
  for (const value of errors.keys()) {
    const { inputs = new Set<string>(), others = true } = uses.get(value.name) ?? {};
    const [input = ''] = inputs;
    const stop = values.get(input);
    if (stop && inputs.size === 1 && !others) readers.set(stop, [...(readers.get(stop) ?? []), value]);
  }
  if (readers.size === 0) return;
  const batches = await readBatches(copy, data, options.roundingSamples);
  const engine = new RuntimeMatrixEngine(context.threads);
  const progress = context.progress('ranking', readers.size);
  try {
    const relay = new Relay(copy, [...readers.keys()], batches, engine, context);
    for await (const { stop, moments } of relay.arrivals()) {
      for (const value of readers.get(stop) ?? []) {
        const { weight, grid } = layerOf(value, uses, options);
        const problem = await problemOf(weight, moments, grid, engine);
        if (problem) errors.set(value, await problem.error(nearestLayer(weight, grid)));
      }
      progress.tick();
    }
  } finally {
    await engine.release();
    progress.done();
  }
}
