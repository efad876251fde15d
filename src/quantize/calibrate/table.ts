/** What calibration finds. */

export interface CalibratedRange {
  readonly min: number;
  readonly max: number;
  /** The estimator it comes from. */
  readonly method: string;
  /** Largest over median loudness of its rows, where that was measured. */
  readonly spread?: number | undefined;
}

export interface CalibrationTable {
  /** By the name of the value; values that the data did not reach are missing. */
  readonly ranges: ReadonlyMap<string, CalibratedRange>;
  /** Rows of the data that were used. */
  readonly rows: number;
}
