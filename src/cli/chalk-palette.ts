/** The real colours, loaded only when they are wanted. */
import { type Palette, plainPalette } from '../report/palette.ts';

/** A palette of the sixteen basic colours when `wanted`, which every terminal theme keeps readable; else plain. */
export async function paletteFor(wanted: boolean): Promise<Palette> {
  if (!wanted) return plainPalette;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    bold: chalk.bold,
    dim: chalk.dim,
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    accent: chalk.cyan,
  };
}
