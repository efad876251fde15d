/** The real colours, loaded only when they are wanted. */
import { type Palette, plainPalette } from '../report/palette.ts';

/** A palette of the sixteen basic colours when `wanted`, which every terminal theme keeps readable; else plain. */
export async function paletteFor(wanted: boolean): Promise<Palette> {
  if (!wanted) return plainPalette;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  // Chalk prints every argument it gets; a palette takes one text, also when passed to `map`.
  return {
    bold: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    accent: (text) => chalk.cyan(text),
  };
}
