/** quantize as a step: one scheme, or the best of those that apply. */
import { LlmcError } from '../errors.ts';
import type { OptionValues } from '../options/option.ts';
import { quantizeAuto } from '../quantize/auto.ts';
import { refuseContradictions } from '../quantize/contradictions.ts';
import { DEFAULTS } from '../quantize/defaults.ts';
import type { QuantizeOptions } from '../quantize/options.ts';
import type { QatOptions } from '../quantize/qat/options.ts';
import { type QuantizeJob, quantizeFile } from '../quantize/quantize.ts';
import type { quantizeOptions } from './quantize.options.ts';
import { layoutOf, type RefuseStep, type RunStep, within } from './step.ts';
import { learnOptions, refuseTraining, refuseWithoutTraining } from './training.ts';

type Options = OptionValues<typeof quantizeOptions>;

export const run: RunStep<typeof quantizeOptions> = async (options, job, context) => {
  const { scheme } = options.scheme;
  const { input, output, force, labels, checksum, metadata } = job;
  const parsed = parse(options);
  const qat = qatOf(options);
  const request: QuantizeJob = {
    input,
    output,
    options: parsed,
    layout: layoutOf(options),
    force,
    labels,
    qat: qat && within(job, qat),
    checksum,
    metadata,
  };
  return scheme === 'auto'
    ? await quantizeAuto(request, context)
    : await quantizeFile(request, scheme, context);
};

export const refuse: RefuseStep<typeof quantizeOptions> = (options) => {
  refuseContradictions(parse(options));
  const qat = qatOf(options);
  if (qat) refuseTraining(qat);
};

/** A trained model must not forget: small steps. */
const QAT_RATE = 1e-4;

function qatOf(options: Options): QatOptions | null {
  const { qat, qatScales, trainData, epochs, data, scheme } = options;
  if (!qat) {
    refuseWithoutTraining(options, '--qat');
    return null;
  }
  if (scheme.scheme === 'auto')
    throw new LlmcError('USAGE', '--qat needs a scheme', { hint: 'e.g. --scheme int8' });
  const rows = trainData ?? data;
  if (rows === undefined)
    throw new LlmcError('USAGE', '--qat trains on data', { hint: 'give rows with --data or --train-data' });
  const asked = { ...options, epochs: epochs ?? 1, lr: options.lr ?? QAT_RATE };
  return { ...learnOptions(asked, rows, null), scales: qatScales ?? 'fixed' };
}

function parse(options: Options): QuantizeOptions {
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
    floatShare: options.floatShare ?? DEFAULTS.floatShare,
    dims: {},
  };
}

/** What concerns int4 alone. */
function blocksOf(options: Options) {
  return {
    blockSize: options.blockSize ?? DEFAULTS.blockSize,
    rounding: options.rounding ?? DEFAULTS.rounding,
    roundingSamples: options.samples ?? DEFAULTS.roundingSamples,
    int8Layers: [...options.int8Layers],
    int8Ratio: options.int8Ratio ?? DEFAULTS.int8Ratio,
  };
}
