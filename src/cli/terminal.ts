/** The outside world of one run: two streams, the environment, a way to be stopped. */

/** A stream to write to; process.stdout is one, tests pass a Writable. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user or the system wants the run to end. */
  readonly signal?: AbortSignal;
}

/** Columns of a stream; 100 where there is no terminal to ask. */
export function widthOf(output: Output, env: Terminal['env']): number {
  const told = output.columns ?? Number(env['COLUMNS'] ?? Number.NaN);
  return Number.isInteger(told) && told >= 20 ? told : 100;
}

/** Whether to colour a stream: not with --no-color or NO_COLOR, forced by FORCE_COLOR, else on terminals only. */
export function wantsColor(output: Output, env: Terminal['env'], argv: readonly string[]): boolean {
  if (argv.includes('--no-color') || env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return output.isTTY === true && env['TERM'] !== 'dumb';
}
