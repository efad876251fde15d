/** Loading a result, and telling whose fault it is when onnxruntime refuses it: the result's or the input model's. */
import { LlmcError } from '../errors.ts';
import { openSession, type Session } from './session.ts';

/** How the result is loaded, and what it was made of. */
export interface LoadRequest {
  readonly baseline: string;
  readonly threads: number;
  /** Whether the input model fits into memory, so that it can be asked for comparison. */
  readonly baselineFits: boolean;
}

/**
 * Opens the result.
 * @throws LlmcError CHECK_FAILED when onnxruntime refuses it, RUNTIME when it refuses the input model as well
 */
export async function loadResult(path: string, request: LoadRequest): Promise<Session> {
  const { baseline, threads, baselineFits } = request;
  try {
    return await openSession(path, { threads });
  } catch (cause) {
    const why = refusalOf(path, cause);
    if (why === null) throw cause;
    if (baselineFits) await requireLoadable(baseline, threads, '--check none writes the result all the same');
    throw new LlmcError('CHECK_FAILED', `onnxruntime refuses the result: ${why}`, {
      hint: 'nothing was written; --check none writes it all the same, --exclude keeps an operator as it was',
      cause,
    });
  }
}

/** @throws LlmcError RUNTIME with the given hint when onnxruntime cannot load the input model */
export async function requireLoadable(path: string, threads: number, hint: string): Promise<void> {
  const session = await openSession(path, { threads }).catch((cause: unknown) => {
    const why = refusalOf(path, cause);
    if (why === null) throw cause;
    const message = `onnxruntime cannot load the input model itself (${why}), so nothing can be checked`;
    throw new LlmcError('RUNTIME', message, { hint, cause });
  });
  await session.release();
}

/** The runtime's reason in an error of `openSession`, without the name of the file; null for any other error. */
export function refusalOf(path: string, error: unknown): string | null {
  const prefix = `onnxruntime refused ${path}: `;
  if (!(error instanceof LlmcError) || !error.message.startsWith(prefix)) return null;
  return error.message.slice(prefix.length).replace(/(?<!\.)\.$/, '');
}
