/** Where the bytes are: a treemap of tensors for each model, areas to one scale. */
import { groupModels } from '../groups.ts';
import type { ModelRecord, Report } from '../schema.ts';
import { formatBytes } from '../units.ts';
import { figure, fitting, label, lettersIn, table } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { type Box, treemap } from './treemap.ts';

const MODELS_SHOWN = 6;
const GAP = 24;
const TITLE = 24;

interface Tile {
  readonly name: string;
  readonly dtype: string;
  readonly bytes: number;
  /** Written in the box where the name would be cut. */
  readonly short?: string;
}

type Sized = ModelRecord & { readonly tensors: NonNullable<ModelRecord['tensors']> };

/** Null where no model says what its tensors are. */
export function sizeChart(report: Report): Markup | null {
  const ordered = groupModels(report).flatMap(({ baseline, candidates }) => [
    baseline,
    ...candidates.map(({ model }) => model),
  ]);
  const models = ordered.filter((model): model is Sized => tiles(model).length > 0).slice(0, MODELS_SHOWN);
  if (models.length === 0) return null;
  const most = Math.max(...models.map(bytesOf));
  const kinds = [...new Set(models.flatMap((model) => tiles(model).map(({ dtype }) => kindOf(dtype))))];
  return figure({
    title: 'Where the bytes are',
    caption:
      models.length > 1
        ? 'Every box is a tensor. Areas are bytes, to the same scale in all models.'
        : 'Every box is a tensor; its area is its bytes.',
    label: `Treemap of tensors. ${models.map((model) => `${model.name}: ${formatBytes(bytesOf(model))}`).join('; ')}`,
    legend: legend(kinds),
    table: table(
      ['tensor', 'model', 'type', 'bytes'],
      models.flatMap((model) =>
        tiles(model).map(({ name, dtype, bytes }) => [name, model.name, dtype, formatBytes(bytes)]),
      ),
    ),
    draw: (width) => {
      const columns = Math.min(models.length, width > 600 ? (models.length > 4 ? 3 : 2) : 1);
      const cell = (width - GAP * (columns - 1)) / columns;
      const tall = columns === 1 && width > 600 ? 0.42 : 0.68;
      let top = 0;
      const marks: Markup[] = [];
      for (let start = 0; start < models.length; start += columns) {
        const row = models.slice(start, start + columns);
        const scales = row.map((model) => Math.sqrt(bytesOf(model) / most));
        for (const [column, model] of row.entries()) {
          const scale = scales[column] as number;
          const box = {
            x: column * (cell + GAP),
            y: top + TITLE,
            width: cell * scale,
            height: cell * tall * scale,
          };
          marks.push(panel(model, box, cell));
        }
        top += TITLE + cell * tall * Math.max(...scales) + GAP;
      }
      return { height: top - GAP + 2, marks };
    },
  });
}

function panel(model: Sized, box: Box, room: number): Markup {
  const size = formatBytes(bytesOf(model));
  const items = tiles(model);
  const shortNames = withoutCommonEnds(items.map(({ name }) => name));
  const boxes = treemap(
    items.map(({ bytes }) => bytes),
    box,
  );
  return html`<g>${label(box.x, box.y - 9, fitting(model.name, room - 80), { kind: 'strong' })}
${label(box.x + room, box.y - 9, size, { anchor: 'end', kind: 'number' })}
${boxes.map((place, index) => tile(items[index] as Tile, items[index]?.short ?? (shortNames[index] as string), place))}</g>
`;
}

function tile({ name, dtype, bytes }: Tile, shortName: string, { x, y, width, height }: Box): Markup {
  const named = width > 52 && height > 20;
  const sized = width > 60 && height > 38;
  // Half a pixel of background on every side draws the borders.
  const [w, h] = [Math.max(0.5, width - 1), Math.max(0.5, height - 1)];
  return html`<g><title>${name}, ${dtype}, ${formatBytes(bytes)}</title><rect x="${x}" y="${y}" width="${w}" height="${h}" class="fill-${kindOf(dtype)}"/>${
    named ? label(x + 6, y + 15, ending(shortName, width - 10), { kind: 'tile' }) : null
  }${sized ? label(x + 6, y + 31, formatBytes(bytes), { kind: 'tile faint' }) : null}</g>`;
}

/** Tensors of a model differ in the ends of their names. */
function ending(name: string, pixels: number): string {
  const letters = [...name];
  const room = lettersIn(pixels);
  return letters.length <= room ? name : `…${letters.slice(letters.length - room + 1).join('')}`;
}

/** Names without the last words that more than half of them share, such as "weight". */
function withoutCommonEnds(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    const end = /[._/][^._/]+$/.exec(name)?.[0];
    if (end !== undefined) counts.set(end, (counts.get(end) ?? 0) + 1);
  }
  const common = [...counts].find(([, count]) => names.length > 2 && count > names.length / 2)?.[0];
  if (common === undefined) return [...names];
  return withoutCommonEnds(
    names.map((name) => (name.endsWith(common) ? name.slice(0, -common.length) : name)),
  );
}

function bytesOf(model: ModelRecord): number {
  return tiles(model).reduce((sum, { bytes }) => sum + bytes, 0);
}

function tiles({ tensors }: ModelRecord): Tile[] {
  if (tensors === undefined) return [];
  const others = tensors.others.map(({ dtype, count, bytes }) => ({
    name: `${count} smaller`,
    short: `+${count}`,
    dtype,
    bytes,
  }));
  return [...tensors.largest, ...others].filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

type Kind = 'wide' | 'half' | 'byte' | 'nibble' | 'other';

const KINDS: Readonly<Record<Kind, string>> = {
  wide: '32-bit floats',
  half: '16-bit floats',
  byte: '8 bits',
  nibble: '4 bits or fewer',
  other: 'other',
};

function kindOf(dtype: string): Kind {
  if (/^float(32|64)$/.test(dtype)) return 'wide';
  if (/^b?float16$/.test(dtype)) return 'half';
  if (/^(u?int8|float8.*)$/.test(dtype)) return 'byte';
  if (/^(u?int[24]|float[46]e.*)$/.test(dtype)) return 'nibble';
  return 'other';
}

function legend(kinds: readonly Kind[]): Markup {
  const ordered = (Object.keys(KINDS) as Kind[]).filter((kind) => kinds.includes(kind));
  return html`<p class="legend">${ordered.map((kind) => html`<span><i class="swatch ${kind}"></i>${KINDS[kind]}</span>`)}</p>`;
}
