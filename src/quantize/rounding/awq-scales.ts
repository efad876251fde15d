/** The first half of AWQ: scales the inputs of layers where what comes before can undo it. */
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { EXPONENTS, inputFactors } from '../../numeric/awq.ts';
import { type LayerGrid, layerErrors, nearestLayer } from '../../numeric/layer.ts';
import { turned } from '../../numeric/layer-pack.ts';
import { quadraticForm } from '../../numeric/linalg.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import { cloneModel } from '../../onnx/read.ts';
import { RuntimeMatrixEngine } from '../../runtime/matrix-engine.ts';
import type { Context } from '../../step.ts';
import type { Outcome } from '../outcome.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import type { Contraction } from '../transforms/contractions.ts';
import { findMigrations, type Migration } from '../transforms/groups.ts';
import { applyScales } from '../transforms/scaling/apply-scales.ts';
import { readBatches } from './batches.ts';
import type { Moments } from './moments.ts';
import { Relay } from './relay.ts';

/** Less is not worth touching a layer for. */
const WORTHWHILE = 0.98;

/**
 * Divides activations, and multiplies the weights that read them, by their size to the power that gives the least error
 * of the layers' outputs, round-to-nearest given (Lin et al., "AWQ", 2023, section 3.2). The model computes what it did.
 */
export async function scaleInputs(
  model: Model,
  data: string,
  options: Pick<SchemeOptions, 'select' | 'bits' | 'blockSize' | 'roundingSamples'> & { symmetric: boolean },
  outcome: Outcome,
  context: Context,
): Promise<void> {
  const { migrations } = await findMigrations(model, options.select, context);
  const found = new Map<string, Migration>();
  for (const migration of migrations) {
    const value = onlyValue(migration, model);
    if (value) found.set(value.name, migration);
  }
  if (found.size === 0) return;
  // The float model as it is: groups are judged apart from each other.
  const copy = cloneModel(model);
  const values = [...copy.graph.inputs, ...copy.graph.nodes.flatMap(({ outputs }) => outputs)];
  const stops = values.filter((value) => value !== null && found.has(value.name)) as Value[];
  const batches = await readBatches(copy, data, options.roundingSamples);
  const engine = new RuntimeMatrixEngine(context.threads);
  const progress = context.progress('scaling', stops.length);
  let scaled = 0;
  try {
    for await (const { stop, moments } of new Relay(copy, stops, batches, engine, context).arrivals()) {
      const migration = found.get(stop.name);
      const factors = migration && (await bestFactors(migration.contractions, moments, options, engine));
      if (factors) {
        applyScales(migration.group, factors);
        scaled += migration.contractions.length;
      }
      progress.tick();
    }
  } finally {
    await engine.release();
    progress.done();
  }
  outcome.note(`awq: the inputs of ${scaled} layers are scaled`);
}

/** The activation of a group that has one, all of whose weights are matrices; null for others. */
function onlyValue({ contractions }: Migration, model: Model): Value | null {
  const [first] = contractions;
  if (!first || first.value.graph !== model.graph || first.axis !== (first.value.rank ?? 0) - 1) return null;
  const plain = contractions.every(({ value, node, weight, map, size }) => {
    const dims = node.input(weight)?.tensor?.dims;
    const identity = map.keys.length === 1 && map.index.length === size;
    return (
      value === first.value && dims?.length === 2 && identity && map.index.every((each, at) => each === at)
    );
  });
  return plain ? first.value : null;
}

type GridOptions = Pick<SchemeOptions, 'bits' | 'blockSize'> & { readonly symmetric: boolean };

/** Null when no power is better than none. */
async function bestFactors(
  contractions: readonly Contraction[],
  { rounded: gram, size, rows }: Moments,
  { bits, blockSize, symmetric }: GridOptions,
  engine: MatrixEngine,
): Promise<Float64Array | null> {
  if (rows === 0 || !gram.every(Number.isFinite)) return null;
  const single = Float32Array.from(gram);
  const weights = contractions.map(weightOf);
  const errorWith = async (factors: Float64Array): Promise<number> => {
    let sum = 0;
    for (const weight of weights) {
      const outputs = weight.length / size;
      const grid: LayerGrid = { inputs: size, outputs, bits, blockSize, symmetric };
      const scaled = weight.map((w, i) => w * (factors[Math.floor(i / outputs)] as number));
      const errors = layerErrors(scaled, nearestLayer(scaled, grid), grid);
      for (let i = 0; i < errors.length; i++)
        errors[i] = (errors[i] as number) / (factors[Math.floor(i / outputs)] as number);
      sum += await quadraticForm(errors, single, size, outputs, engine);
    }
    return sum;
  };
  let least = (await errorWith(new Float64Array(size).fill(1))) * WORTHWHILE;
  let best: Float64Array | null = null;
  for (let step = 1; step <= EXPONENTS; step++) {
    const factors = inputFactors(gram, size, step / EXPONENTS);
    const error = await errorWith(factors);
    if (!(error < least)) continue;
    least = error;
    best = factors;
  }
  return best;
}

/** The weight as [inputs, outputs]. */
function weightOf({ node, weight, map }: Contraction): Float32Array {
  const tensor = node.input(weight)?.tensor;
  if (!tensor) throw new Error(`${node.label} has no constant weight`);
  const [rows, columns] = tensor.dims as [number, number];
  const floats = floatsOf(tensor);
  return map.keys[0] === 0 ? floats : turned(floats, rows, columns);
}
