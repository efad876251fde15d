/** Word error rate of CTC scores [rows, steps, symbols], read greedily; words end at the symbol `space`. */
import { textError } from './text-error.ts';

export const wer = textError(
  { name: 'wer', summary: 'word error rate of CTC scores, read greedily' },
  (symbols, { space }) =>
    symbols
      .map((symbol) => (symbol === space ? ' ' : `${symbol},`))
      .join('')
      .split(' ')
      .filter((word) => word !== ''),
  { space: 4 },
);
