/** What ranges are asked for. */
import type { Use, Value } from '../../ir/value.ts';
import type { AffineSpec } from '../../numeric/affine.ts';
import type { EstimatorName } from '../ranges/table.ts';

export type CalibrationMethod = EstimatorName | 'auto';

export interface CalibrationRequest {
  /** Float32 values of the model, whose types are known. */
  readonly values: readonly Value[];
  /** Those whose rows are compared in loudness. */
  readonly rowsOf?: ReadonlySet<Value>;
  /** Whether a reader of a value will get its codes, for `auto`; default all do. */
  readonly reads?: (value: Value, use: Use) => boolean;
  readonly method: CalibrationMethod;
  /** How the codes are laid over the ranges. */
  readonly spec: AffineSpec;
  /** A data spec. */
  readonly data: string;
  /** Rows of the data at most. */
  readonly samples: number;
  /** Share of the values, in percent, that `percentile` keeps. */
  readonly percentile: number;
  /** File of ranges: used when it fits the model, the data and the method, otherwise written. */
  readonly table?: string | undefined;
}
