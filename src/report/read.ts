/** Reads a report back from its JSON text. */
import { z } from 'zod';
import { LlmcError } from '../errors.ts';
import { type Report, reportSchema } from './schema.ts';

/** A checked report with its defaults filled in. `name` is for messages. LlmcError DATA. */
export function parseReport(text: string, name: string): Report {
  const result = reportSchema.safeParse(parseJson(text, name));
  if (result.success) return result.data;
  throw new LlmcError('DATA', `${name} is not a report of llmc:\n${z.prettifyError(result.error)}`, {
    hint: 'give a file that `llmc ... --report FILE.json` has written',
    cause: result.error,
  });
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new LlmcError('DATA', `${name} is not JSON`, {
      hint: 'give a file that `llmc ... --report FILE.json` has written',
      cause,
    });
  }
}
