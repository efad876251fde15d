/** What static quantization is asked for, and what follows from the target. */
import type { CalibrationMethod } from '../calibrate/request.ts';
import type { QuantizeOptions } from '../options.ts';
import type { ActivationSpec } from './parameters.ts';

export interface StaticOptions {
  readonly calibration: CalibrationMethod;
  /** Rows of the data that ranges are found on, at most. */
  readonly samples: number;
  readonly percentile: number;
  /** File of ranges to reuse or to write. */
  readonly table: string | undefined;
  readonly activation: ActivationSpec;
  readonly transforms: readonly string[];
  /** Whether biases take back what quantization moves the means of results by. */
  readonly correctBiases: boolean;
  /** Layers that stay float, those whose quantization costs most; null for none. */
  readonly kept: { readonly count: number } | { readonly share: number } | null;
  /** Quantize operators that onnxruntime's CPU provider has no integer kernels for. */
  readonly anywhere: boolean;
}

/** Reads the static options, filling in what the target decides. */
export function staticOptions(options: QuantizeOptions): StaticOptions {
  const signed = options.target === 'arm64' || options.target === 'tensorrt' || options.parity !== null;
  const type = options.activationType ?? (signed ? 'int8' : 'uint8');
  return {
    // onnxruntime's tools have no `mse`, the default here; theirs is this.
    calibration: options.parity && options.calibration === 'mse' ? 'minmax' : options.calibration,
    samples: options.calibrationSamples,
    percentile: options.percentile,
    table: options.calibrationTable,
    activation: {
      type,
      symmetric: options.activationSymmetric ?? options.target === 'tensorrt',
      reduceRange: false,
    },
    transforms: options.transforms,
    correctBiases: options.correctBiases,
    kept:
      options.keepFloat > 0
        ? { count: options.keepFloat }
        : options.floatShare > 0
          ? { share: options.floatShare }
          : null,
    anywhere: options.target === 'tensorrt',
  };
}
