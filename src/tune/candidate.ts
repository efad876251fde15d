/** A candidate: steps that make a model, and what is known of the result. */
import type { RawValues } from '../options/option.ts';

export interface CandidateStep {
  readonly step: string;
  /** Options as on the command line, data left out. */
  readonly given: RawValues;
}

export interface Candidate {
  /** Short and distinct, in words. */
  readonly label: string;
  readonly steps: readonly CandidateStep[];
  /** One scheme as anybody would ask for it; others are refined from these. */
  readonly single: boolean;
  /** What kind of idea it is; refinements of one idea share it. */
  readonly family: string;
}

/** What was measured, relative to the model that is tuned. */
export interface Point {
  readonly sizeRatio: number;
  readonly speedup: number;
  /** Ends of the interval of `speedup`. */
  readonly low: number;
  readonly high: number;
  readonly bytes: number;
  readonly p50Ms: number;
  readonly drop: number;
  readonly error: number;
  readonly of: string;
}

export interface Trial {
  readonly candidate: Candidate;
  /** The model it made. */
  readonly path: string;
  readonly point: Point;
}

export function quantized(label: string, given: RawValues, more: Partial<Candidate> = {}): Candidate {
  return { label, steps: [{ step: 'quantize', given }], single: true, family: label, ...more };
}

/** `0.27x the size, 1.83x the speed, accuracy down by 0.2 points`. */
export function pointText({ sizeRatio, speedup, drop, of }: Point): string {
  const lost = Math.abs(drop * 100).toFixed(2);
  const what =
    of === 'agreement'
      ? `${lost}% of the answers change`
      : of === 'error'
        ? `${lost}% error`
        : lost === '0.00'
          ? `same ${of}`
          : `${of} ${drop > 0 ? 'worse' : 'better'} by ${lost}%`;
  return `${sizeRatio.toFixed(3)}x the size, ${speedup.toFixed(2)}x the speed, ${what}`;
}
