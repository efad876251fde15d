/** A model in, the model of a scheme out: passes, types, the scheme, an account of what stayed float. */
import { LlmcError } from '../errors.ts';
import { isFloat } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import { plainGemmToMatmul } from '../passes/gemm-to-matmul.ts';
import { type Pass, type PassTrace, runPasses } from '../passes/pass.ts';
import { tracesAbout, unusedNames } from '../passes/pass-records.ts';
import { removeDead } from '../passes/remove-dead.ts';
import { compileSelection, matcher } from '../passes/selection.ts';
import { sort } from '../passes/sort.ts';
import { pipelines } from '../passes/table.ts';
import { upgradeOpset } from '../passes/upgrade-opset.ts';
import { inferTypes } from '../runtime/shapes.ts';
import type { Context } from '../step.ts';
import { quantizedAlready } from './already.ts';
import { nameTransposedAxes } from './explicit-perm.ts';
import { expandStoredHalves } from './half-stored.ts';
import type { QuantizeOptions } from './options.ts';
import { Outcome } from './outcome.ts';
import { explainRemaining } from './remaining.ts';
import type { Scheme, SchemeOptions } from './schemes/scheme.ts';
import { SCHEMES } from './schemes/table.ts';
import { staticOptions } from './static/options.ts';
import { dividedWeights, notesOnStoredTwice } from './stored-twice.ts';
import { type WeightArithmetic, weightArithmetic } from './target.ts';
import { batchNormMoments } from './transforms/moments.ts';

export interface Transformed {
  readonly outcome: Outcome;
  readonly traces: readonly PassTrace[];
}

/**
 * Applies a scheme to the model, in place.
 * @throws LlmcError SELECTOR for patterns that match nothing, UNSUPPORTED where the scheme cannot be applied at all
 */
export async function transform(
  model: Model,
  scheme: Exclude<QuantizeOptions['scheme'], 'auto'>,
  options: QuantizeOptions,
  context: Context,
): Promise<Transformed> {
  const outcome = new Outcome();
  const parity = options.parity !== null;
  // Compiled before the passes, so that names are those of the file.
  const select = compileSelection(model, options);
  const int8Layers = matcher(model, options.int8Layers);
  const moments = options.transforms.length > 0 ? batchNormMoments(model) : new Map<string, never>();
  const traces = await runPasses(
    model,
    parity ? parityPasses(scheme) : pipelines['prepare-quantize'],
    context,
  );
  const entry: Scheme = SCHEMES[scheme];
  await raiseOpset(model, entry, options, traces, context);
  for (const { graph, reason } of await inferTypes(model)) {
    if (graph === model.graph.name) context.warn(`types are taken from the file: ${reason}`);
  }
  const already = quantizedAlready(model);
  if (already) {
    outcome.note(already);
    context.warn(already);
  }
  const calibrated = entry === SCHEMES.int8;
  const arithmetic = await weightArithmetic(options, calibrated, context.threads);
  if (arithmetic.reason && (calibrated || entry === SCHEMES['int8-dynamic'])) outcome.note(arithmetic.reason);
  // The input's own litter; whatever else is unused afterwards was orphaned here.
  const unused = unusedNames(model);
  const putBack = parity || entry === SCHEMES.fp16 ? () => {} : expandStoredHalves(model);
  const told = schemeOptions(scheme, options, { select, int8Layers, arithmetic, moments });
  if (options.transforms.length > 0 && !scheme.startsWith('int8'))
    outcome.note(`--transform is for int8, int8-dynamic and int8-weights; ${scheme} does without`);
  await applyScheme(entry, model, told, outcome, context);
  putBack();
  nameTransposedAxes(model);
  const imports = new Map(model.opsets);
  // onnxruntime's tools keep imports nobody uses, and its static ones quantize what nobody reads.
  const tidy = parity && entry === SCHEMES.int8 ? [sort] : [removeDead, sort];
  traces.push(...tracesAbout(await runPasses(model, tidy, context), unused));
  if (parity) for (const [domain, version] of imports) model.opsets.set(domain, version);
  // What half precision made of floats is a result, not a rest.
  const isHalf = entry === SCHEMES.fp16 || options.halfRest;
  explainRemaining(model, outcome, isHalf ? (dtype) => dtype === 'float32' : isFloat);
  return { outcome, traces };
}

async function applyScheme(
  scheme: Scheme,
  model: Model,
  options: SchemeOptions,
  outcome: Outcome,
  context: Context,
): Promise<void> {
  const divided = dividedWeights(model, options.select);
  await scheme.apply(model, options, outcome, context);
  for (const text of notesOnStoredTwice(divided)) outcome.note(text);
}

/** onnxruntime's tools change nothing beforehand, save that dynamic quantization rewrites Gemm, in subgraphs too. */
function parityPasses(scheme: string): readonly Pass[] {
  return scheme === 'int8-dynamic' ? [plainGemmToMatmul] : [];
}

/** Upgrades ai.onnx where the scheme's operators need it; never lowers. */
async function raiseOpset(
  model: Model,
  scheme: Scheme,
  options: QuantizeOptions,
  traces: PassTrace[],
  context: Context,
): Promise<void> {
  const { wanted, least } = scheme.opset(options, model.opset);
  if (model.opset >= wanted) return;
  try {
    traces.push(...(await runPasses(model, [upgradeOpset(wanted)], context)));
  } catch (error) {
    if (!(error instanceof LlmcError) || error.code !== 'UNSUPPORTED' || model.opset < least) throw error;
    context.warn(`the opset stays ${model.opset}, with one scale per tensor: ${error.message}`);
  }
}

function schemeOptions(
  scheme: string,
  options: QuantizeOptions,
  found: Pick<SchemeOptions, 'select' | 'int8Layers' | 'moments'> & { readonly arithmetic: WeightArithmetic },
): SchemeOptions {
  const { select, int8Layers, moments, arithmetic } = found;
  const parity = options.parity !== null;
  return {
    select,
    // onnxruntime's tools quantize per tensor unless told otherwise; a scale per channel costs nothing at run time.
    perChannel: options.perChannel ?? !parity,
    symmetric: options.symmetric,
    weightType: scheme === 'int8-weights' ? (options.weightType ?? 'int8') : arithmetic.weightType,
    reduceRange: scheme === 'int8-weights' ? options.reduceRange : arithmetic.reduceRange,
    boundPairs: arithmetic.boundPairs,
    bits: options.bits,
    blockSize: options.blockSize,
    rounding: options.rounding,
    roundingSamples: options.roundingSamples,
    int8Layers,
    int8Ratio: options.int8Ratio,
    format: options.format,
    accuracyLevel: options.accuracyLevel,
    halfIo: options.halfIo,
    dtype: scheme === 'bf16' ? 'bfloat16' : 'float16',
    halfRest: options.halfRest,
    parity,
    data: options.data,
    moments,
    static: staticOptions(options),
    mayRun: options.check !== 'none',
  };
}
