/** What is said when ranges were found on so few rows that inputs seen later lie outside of them. */

/**
 * Extremes of a few rows are not those of the next ones. Signal to noise of the outputs of static int8, measured on the
 * fixtures: the image classifier has 16 to 26 dB from one row, 29 to 31 from four, 30 to 31 from 16 and 33 to 35 from
 * 64; the GRU 33 to 40 from one, 42 to 45 from four, 44.6 from 16.
 */
const ENOUGH = 16;

/**
 * A sentence with what to do; null where there are enough.
 * @param rows that ranges were found on
 * @param samples rows that may be read at most
 */
export function fewRowsNote(rows: number, samples: number): string | null {
  if (rows === 0 || rows >= ENOUGH) return null;
  const more =
    samples < ENOUGH
      ? 'raise --samples to 64 or more'
      : 'give 64 or more, typical of later inputs, with --data';
  return `ranges were found on ${rows} ${rows === 1 ? 'row' : 'rows'}, which costs several dB: ${more}`;
}
