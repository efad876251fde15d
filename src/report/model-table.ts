/** The before/after table on a terminal: models side by side, in as many blocks as the width asks for. */
import type { Group } from './groups.ts';
import { type Align, alignColumns, columnWidths, shorten } from './layout.ts';
import type { Palette } from './palette.ts';
import { type Change, type Row, rowsFor } from './rows.ts';
import type { ModelRecord } from './schema.ts';

export interface TableView {
  readonly palette: Palette;
  /** Columns of the terminal. */
  readonly width: number;
  readonly verbose: boolean;
  /** Layers of a comparison to list at most. */
  readonly layers?: number;
}

const LONGEST_NAME = 32;

/** Lines of one group's table. */
export function modelTable(group: Group, view: TableView): string[] {
  const rows = rowsFor(group, view.verbose);
  const label = ['', ...rows.map((row) => view.palette.dim(row.label))];
  const before = modelColumn(group.baseline, rows, view);
  const after = group.candidates.map((candidate) => ({
    value: modelColumn(candidate.model, rows, view),
    change: ['', ...rows.map((row) => paint(row.change(group.baseline, candidate), view.palette))],
  }));
  const blocks: string[][][] = [];
  let block = [label, before];
  for (const { value, change } of after) {
    // The label and the baseline are repeated in every block, so that each can be read by itself.
    if (block.length > 2 && widthOfColumns([...block, value, change]) > view.width) {
      blocks.push(block);
      block = [label, before];
    }
    block = [...block, value, change];
  }
  blocks.push(block);
  return blocks.flatMap((columns, index) => [...(index > 0 ? [''] : []), ...render(columns)]);
}

function modelColumn(model: ModelRecord, rows: readonly Row[], { palette }: TableView): string[] {
  return [palette.bold(shorten(model.name, LONGEST_NAME)), ...rows.map((row) => row.value(model) ?? '-')];
}

function paint(change: Change | null, palette: Palette): string {
  if (change === null) return '';
  return change.tone === 'neutral' ? palette.dim(change.text) : palette[change.tone](change.text);
}

function render(columns: readonly (readonly string[])[]): string[] {
  // Label, baseline, then a value and its change for each candidate.
  const aligns: Align[] = columns.map((_, index) =>
    index === 1 || (index > 1 && index % 2 === 0) ? 'right' : 'left',
  );
  return alignColumns(transpose(columns), aligns);
}

function widthOfColumns(columns: readonly (readonly string[])[]): number {
  const widths = columnWidths(transpose(columns));
  return widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1);
}

function transpose(columns: readonly (readonly string[])[]): string[][] {
  return (columns[0] ?? []).map((_, row) => columns.map((column) => column[row] ?? ''));
}
