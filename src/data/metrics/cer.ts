/** Character error rate of CTC scores [rows, steps, symbols], read greedily. */
import { textError } from './text-error.ts';

export const cer = textError(
  { name: 'cer', summary: 'character error rate of CTC scores, read greedily' },
  (symbols) => symbols.map(String),
  {},
);
