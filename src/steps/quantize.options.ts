/** What `quantize` can be asked, on the command line and in recipes. */
import { choice, flag, integer, list, oneOf, pair, real, text, value } from '../options/option-types.ts';
import { scaleModes } from '../quantize/qat/options.ts';
import { parseScheme, SCHEME_NAMES } from './scheme.ts';
import { finetuneOptions } from './train.options.ts';
import { checkOption, writeOptions } from './write.options.ts';

export const quantizeOptions = {
  scheme: value(
    '--scheme <name>',
    'what to make of the weights',
    { fallback: parseScheme('auto'), shown: 'auto' },
    parseScheme,
    { choices: SCHEME_NAMES },
  ),
  bits: oneOf('--bits <n>', 'bits per weight of int4', [2, 3, 4, 8], { shown: '4' }),
  blockSize: oneOf('--block-size <n>', 'weights that share a scale', [16, 32, 64, 128, 256], {
    shown: '32 for int4',
  }),
  symmetric: pair(
    { flags: '--symmetric', description: 'no zero points' },
    { flags: '--no-symmetric', description: 'zero points, for weights that are not centred' },
  ),
  perChannel: pair(
    { flags: '--per-channel', description: 'a scale for every output channel' },
    { flags: '--per-tensor', description: 'one scale for a whole tensor' },
  ),
  rounding: choice(
    '--rounding <method>',
    'int4: how weights become integers; gptq, awq and adaround need --data, hqq and kquant gain by it',
    ['nearest', 'hqq', 'kquant', 'gptq', 'awq', 'adaround'],
    { fallback: 'nearest' },
  ),
  int8Layers: list('--int8-layers <glob>', 'int4: 8 bits for these nodes (repeatable)'),
  int8Ratio: real(
    '--int8-ratio <share>',
    'int4: 8 bits for this share of the weights, where fewer cost most (default: small heads)',
    {
      min: 0,
      max: 1,
    },
  ),
  format: choice(
    '--format <name>',
    'operators of the result; qdq: blocked QDQ of opset 21 (int4); cast: folded at load, full speed (int8-weights)',
    ['default', 'qdq', 'qoperator', 'cast'],
    {
      fallback: 'default',
      shown: "the runtime's own operators",
    },
  ),
  include: list('--include <glob>', 'only these nodes: name, operator or path (repeatable)'),
  exclude: list('--exclude <glob>', 'not these nodes: name, operator or path (repeatable)'),
  data: text('--data <spec>', 'inputs to check the result with, e.g. eval.npz?limit=256', {
    completes: 'data',
  }),
  samples: integer('--samples <n>', 'at most this many rows of the data', { min: 1 }),
  calibration: choice(
    '--calibration <method>',
    'int8: how ranges of activations are found on the data',
    ['minmax', 'moving-average', 'percentile', 'entropy', 'mse', 'auto'],
    { fallback: 'mse' },
  ),
  percentile: real('--percentile <p>', 'int8: share of the values inside the range, in percent', {
    min: 50,
    max: 100,
  }),
  calibrationTable: text(
    '--calibration-table <file>',
    'int8: ranges to reuse; written when they are not there or do not fit',
    { completes: 'file' },
  ),
  activations: choice(
    '--activations <type>',
    'int8: type of activations',
    ['uint8', 'int8', 'uint16', 'int16'],
    {
      shown: 'by target',
    },
  ),
  symmetricActivations: flag('--symmetric-activations', 'int8: activations without zero points'),
  transform: list(
    '--transform <name>',
    'int8 schemes: change the float model first so that it loses less (repeatable)',
  ),
  biasCorrection: choice(
    '--bias-correction <how>',
    'int8: biases take back what quantization moves the means of results by, as the data shows',
    ['data', 'none'],
    { fallback: 'data' },
  ),
  keepFloat: integer('--keep-float <n>', 'int8: leave the n layers float whose quantization costs most', {
    min: 0,
  }),
  floatShare: real(
    '--float-share <share>',
    'int8: this share of weights and work stays float, in the layers that gain most for it; instead of --keep-float',
    { min: 0, max: 1 },
  ),
  target: choice(
    '--target <machine>',
    'where it will run; auto is this machine',
    ['auto', 'portable', 'x64-vnni', 'x64-avx2', 'arm64', 'web', 'tensorrt'],
    { fallback: 'auto' },
  ),
  check: checkOption,
  parity: choice('--parity <tool>', "names and numbers exactly as onnxruntime's Python tools", ['ort']),
  halfIo: flag('--half-io', 'fp16 and bf16: convert inputs and outputs too'),
  weightsType: choice('--weights-type <type>', 'type of 8-bit weights', ['int8', 'uint8'], {
    shown: 'by scheme and target',
  }),
  reduceRange: flag('--reduce-range', '7-bit weights, safe from saturation on x86 without VNNI'),
  accuracyLevel: integer(
    '--accuracy-level <n>',
    'int4: 0 leaves it to the runtime, 1 fp32 ... 4 int8 arithmetic',
    {
      min: 0,
      max: 4,
    },
  ),
  qat: flag(
    '--qat',
    'int8, int8-weights and int4: train the quantized model to do what the float one does; labels help',
  ),
  qatScales: choice(
    '--qat-scales <how>',
    'fixed: scales stay as they were found; learned: --qat trains them, too, which helps most at few bits',
    scaleModes,
    { shown: 'fixed' },
  ),
  trainData: text('--train-data <spec>', 'rows --qat learns from', {
    completes: 'data',
    shown: 'those of --data',
  }),
  epochs: real('--epochs <n>', 'times --qat goes through its data', { min: 0, shown: '1' }),
  ...finetuneOptions,
  ...writeOptions,
} as const;
