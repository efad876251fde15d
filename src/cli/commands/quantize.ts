/** `llmc quantize`: one scheme, or the best of those that apply, from file to file. */
import { LlmcError } from '../../errors.ts';
import { quantizeAuto } from '../../quantize/auto.ts';
import { DEFAULTS } from '../../quantize/defaults.ts';
import type { QuantizeOptions } from '../../quantize/options.ts';
import { type QuantizeJob, quantizeFile } from '../../quantize/quantize.ts';
import type { Report } from '../../report/schema.ts';
import { environment } from '../../runtime/environment.ts';
import type { LearnOptions } from '../../train/options.ts';
import type { Handler, Invocation } from '../command.ts';
import { checkedResult } from './measures.ts';
import type { quantizeSpec } from './quantize.options.ts';
import { learnOptions } from './training.ts';

export const run: Handler<typeof quantizeSpec> = async ({ operands, options }, io) => {
  const { scheme } = options.scheme;
  const labels = io.measures(checkedResult(options.check ?? DEFAULTS.check, { data: options.data }));
  const parsed = parse(options);
  const job: QuantizeJob = {
    input: operands.model,
    output: options.output ?? defaultOutput(operands.model, options.scheme.label),
    options: parsed,
    layout: {
      externalData: options.externalData,
      alignBytes: options.align,
      shardBytes: options.shardSize ?? null,
    },
    force: io.common.force,
    labels,
    qat: qatOf(options),
    checksum: io.common.json || io.common.report.length > 0,
  };
  const result =
    scheme === 'auto' ? await quantizeAuto(job, io.context) : await quantizeFile(job, scheme, io.context);
  const report: Report = {
    version: 1,
    tool: io.tool,
    command: `quantize --scheme ${options.scheme.label}`,
    environment: await environment(io.context.threads),
    data: result.data,
    models: [...result.models],
    comparisons: [result.comparison],
    steps: [...result.steps],
    requirements: [],
    warnings: [],
  };
  const code = await io.finish(report);
  if (!io.common.json && !io.common.quiet) io.stderr(`wrote ${result.path}\n`);
  return code;
};

/** A trained model must not forget: small steps. */
const QAT_RATE = 1e-4;

function qatOf(options: Invocation<typeof quantizeSpec>['options']): LearnOptions | null {
  const { qat, trainData, epochs, data, scheme } = options;
  if (!qat) {
    if (trainData === undefined && epochs === undefined) return null;
    throw new LlmcError('USAGE', '--train-data and --epochs are for --qat', { hint: 'add --qat' });
  }
  if (scheme.scheme === 'auto')
    throw new LlmcError('USAGE', '--qat needs a scheme', { hint: 'e.g. --scheme int8' });
  const rows = trainData ?? data;
  if (rows === undefined)
    throw new LlmcError('USAGE', '--qat trains on data', { hint: 'give rows with --data or --train-data' });
  return learnOptions({ ...options, epochs: epochs ?? 1, lr: options.lr ?? QAT_RATE }, rows, null);
}

/** `model.onnx` and `int8-dynamic` make `model.int8-dynamic.onnx`. */
function defaultOutput(model: string, label: string): string {
  return `${model.replace(/\.onnx$/i, '')}.${label}.onnx`;
}

function parse(options: Invocation<typeof quantizeSpec>['options']): QuantizeOptions {
  if (options.bits === 3)
    throw new LlmcError('UNSUPPORTED', 'onnxruntime has no kernel for 3-bit weights', {
      hint: 'use --bits 2 or --bits 4',
    });
  return {
    ...DEFAULTS,
    scheme: options.scheme.scheme,
    halfRest: options.scheme.halfFloats,
    bits: options.bits ?? DEFAULTS.bits,
    symmetric: options.symmetric ?? null,
    perChannel: options.perChannel ?? null,
    weightType: options.scheme.weightsType ?? options.weightsType ?? null,
    reduceRange: options.reduceRange,
    ...blocksOf(options),
    format: options.format ?? DEFAULTS.format,
    include: [...options.include],
    exclude: [...options.exclude],
    target: options.target ?? DEFAULTS.target,
    check: options.check ?? DEFAULTS.check,
    parity: options.parity ?? null,
    halfIo: options.halfIo,
    accuracyLevel: options.accuracyLevel ?? null,
    data: options.data,
    samples: options.samples ?? DEFAULTS.samples,
    calibration: options.calibration ?? DEFAULTS.calibration,
    calibrationSamples: options.samples ?? DEFAULTS.calibrationSamples,
    percentile: options.percentile ?? DEFAULTS.percentile,
    calibrationTable: options.calibrationTable,
    activationType: options.activations ?? DEFAULTS.activationType,
    activationSymmetric: options.symmetricActivations ? true : null,
    transforms: [...options.transform],
    correctBiases: options.biasCorrection === 'data',
    keepFloat: options.keepFloat ?? DEFAULTS.keepFloat,
    dims: {},
  };
}

/** What concerns int4 alone. */
function blocksOf(options: Invocation<typeof quantizeSpec>['options']) {
  return {
    blockSize: options.blockSize ?? DEFAULTS.blockSize,
    rounding: options.rounding ?? DEFAULTS.rounding,
    roundingSamples: options.samples ?? DEFAULTS.roundingSamples,
    int8Layers: [...options.int8Layers],
    int8Ratio: options.int8Ratio ?? DEFAULTS.int8Ratio,
  };
}
