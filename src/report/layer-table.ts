/** The layers of a comparison as a table: what goes into each, what comes out, how far off it is. */
import { type Align, alignColumns, shorten } from './layout.ts';
import type { LayerRecord, Report } from './schema.ts';
import { formatCosine, formatDb, formatError } from './units.ts';

/** Layers shown unless somebody asks for more. */
export const LAYERS_SHOWN = 20;
const LONGEST_NAME = 40;

export const LAYER_HEADER: readonly string[] = ['layer', 'in', 'out', 'lost', 'cosine', 'max error', ''];
export const LAYER_ALIGNS: readonly Align[] = ['left', 'right', 'right', 'right', 'right', 'right', 'left'];

/** What the last column says of a layer that differs by itself. */
const TOUCHED = 'changed';

/** What is said instead of a table of equals. */
export const ALL_EQUAL = 'every value that both models compute is the same';

/** Cells of one layer under `LAYER_HEADER`; `name` prepares the layer's name. */
export function layerCells(layer: LayerRecord, name: (text: string) => string): string[] {
  return [
    name(layer.node),
    formatDb(layer.inputSqnrDb),
    formatDb(layer.sqnrDb),
    lost(layer),
    layer.cosine === null ? '-' : formatCosine(layer.cosine),
    formatError(layer.maxAbsError),
    layer.touched ? TOUCHED : '',
  ];
}

/** Decibels lost in the layer; from equal inputs every number would be a loss of all there is. */
function lost({ inputSqnrDb, lossDb }: LayerRecord): string {
  return inputSqnrDb === null || Math.abs(lossDb) < 0.05 ? '-' : `${lossDb.toFixed(1)} dB`;
}

/** The table as aligned lines; nothing for a report without layers. */
export function layerLines({ layers, models }: Report, most: number): string[] {
  if (!layers || layers.length === 0) return [];
  if (layers.every(({ sqnrDb }) => sqnrDb === null)) return [ALL_EQUAL];
  const shown = layers.slice(0, most);
  const rows = shown.map((layer) => layerCells(layer, (text) => shorten(text, LONGEST_NAME)));
  const [, second] = models.map(({ name }) => shorten(name, LONGEST_NAME));
  const hidden = layers.length - shown.length;
  return [
    `${second ?? 'the second model'} layer by layer: signal to noise of what goes in and of what comes out`,
    ...alignColumns([LAYER_HEADER, ...rows], LAYER_ALIGNS),
    ...(hidden > 0 ? [`and ${hidden} more; --top N or --verbose shows them`] : []),
  ];
}
