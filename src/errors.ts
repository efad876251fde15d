/** The one error type for expected failures: a permanent code, what happened, what to do next, an exit code. */

/** Exit codes of the command line (docs/reference/cli.md). */
export const EXIT = { ok: 0, unmet: 1, usage: 2, bug: 70, interrupted: 130 } as const;

/** Permanent identifiers of expected failures; scripts may match on them. */
export type ErrorCode =
  | 'FILE_NOT_FOUND' // no such file, a directory where a file is wanted, no permission
  | 'FILE_EXISTS' // the target exists and --force was not given, or the target is the input
  | 'WRITE_FAILED' // disk full, read-only folder
  | 'MODEL_UNREADABLE' // not ONNX, truncated, random bytes, nested too deeply
  | 'MODEL_INVALID' // decodes, but is no valid graph: cycle, missing tensor, absurd dims
  | 'EXTERNAL_DATA' // location, offset or length outside what is allowed
  | 'UNSUPPORTED' // valid, but llmc or the runtime cannot do this with it
  | 'RUNTIME' // onnxruntime refused or failed to run the model
  | 'USAGE' // flags that contradict each other or have impossible values
  | 'SELECTOR' // an include/exclude pattern matched nothing
  | 'DATA' // a dataset is unreadable or does not fit the model
  | 'CHECK_FAILED' // the result fell apart and was refused
  | 'DIVERGED' // training came to numbers that are none
  | 'RECIPE' // a recipe that does not parse, names what there is not, or contradicts itself
  | 'REQUIREMENT' // a --require expression that does not parse or names an unknown metric
  | 'INTERRUPTED';

export interface LlmcErrorInit {
  readonly hint: string;
  readonly exitCode?: number;
  readonly cause?: unknown;
}

/**
 * An expected failure. `message` says what happened and why in the user's words; `hint` is the next action.
 * Anything thrown that is not an LlmcError is a bug and is shown with its stack.
 */
export class LlmcError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exitCode: number;
  constructor(code: ErrorCode, message: string, init: LlmcErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'LlmcError';
    this.code = code;
    this.hint = init.hint;
    this.exitCode =
      init.exitCode ??
      (code === 'INTERRUPTED' ? EXIT.interrupted : code === 'CHECK_FAILED' ? EXIT.unmet : EXIT.usage);
  }
}
