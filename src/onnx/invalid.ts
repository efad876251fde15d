/** The refusal of a file that decodes but is no valid model. */
import { LlmcError } from '../errors.ts';

export function invalid(
  message: string,
  hint = 'the file is damaged or was written by a faulty tool; export it again',
): LlmcError {
  return new LlmcError('MODEL_INVALID', message, { hint });
}
