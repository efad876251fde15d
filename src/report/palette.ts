/** The colours a renderer may ask for; the command line injects real ones, everything else stays plain. */

type Paint = (text: string) => string;

export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly accent: Paint;
}

const same: Paint = (text) => text;

/** No colours: files, pipes, NO_COLOR, tests. */
export const plainPalette: Palette = {
  bold: same,
  dim: same,
  good: same,
  bad: same,
  warn: same,
  accent: same,
};
