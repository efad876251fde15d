/** What the thread that reads data and its client tell each other. */
import { type ErrorCode, LlmcError } from '../../errors.ts';
import type { Batch, Column, Epoch } from '../dataset.ts';

/** Batches that are made before anybody asks for them. */
export const AHEAD = 3;

/** The thread says so often, in milliseconds, that it is not stuck. */
export const PULSE = 500;

export interface BatchRequest {
  readonly size: number;
  readonly limit: number | undefined;
  readonly columns: readonly string[] | undefined;
  readonly epoch: Epoch | undefined;
}

/** `id` tells conversations apart: each iteration over the data is one. */
export type ToThread =
  | { readonly kind: 'open'; readonly id: number; readonly spec: string }
  | { readonly kind: 'batches'; readonly id: number; readonly request: BatchRequest }
  /** One batch was taken: another may be made. */
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number };

export interface DatasetInfo {
  readonly name: string;
  readonly length: number;
  readonly columns: readonly Column[];
  readonly hasLabels: boolean;
}

export type FromThread =
  | { readonly kind: 'pulse' }
  | { readonly kind: 'opened'; readonly id: number; readonly info: DatasetInfo }
  | { readonly kind: 'batch'; readonly id: number; readonly batch: Batch }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

/** An error as far as it can be sent. */
export interface Failure {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: number;
  readonly stack: string | undefined;
}

export function failureOf(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof LlmcError)) return { code: null, message, hint: '', exitCode: 0, stack };
  return { code: error.code, message, hint: error.hint, exitCode: error.exitCode, stack };
}

/** The error again, with the stack of the thread. */
export function errorOf({ code, message, hint, exitCode, stack }: Failure): Error {
  const error = code === null ? new Error(message) : new LlmcError(code, message, { hint, exitCode });
  if (stack !== undefined) error.stack = stack;
  return error;
}
