/** Figures: a chart drawn for wide and for narrow screens, its words, and the table of what it shows. */
import { shorten } from '../layout.ts';
import { type Child, html, type Markup } from './markup.ts';

/** Pixels the two drawings are made for; style.ts decides which one shows. */
export const WIDTHS = { wide: 832, narrow: 352 } as const;

export interface Drawing {
  readonly height: number;
  readonly marks: Child;
}

export interface FigureInit {
  readonly title: string;
  /** How to read it, in a sentence. */
  readonly caption: string;
  /** What it says, for those who cannot see it. */
  readonly label: string;
  readonly legend?: Child;
  readonly table?: Child;
  draw(width: number): Drawing;
}

export function figure({ title, caption, label, legend, table, draw }: FigureInit): Markup {
  const drawn = (kind: keyof typeof WIDTHS) => {
    const { height, marks } = draw(WIDTHS[kind]);
    return html`<svg class="${kind}" viewBox="0 0 ${WIDTHS[kind]} ${height}" role="img" aria-label="${label}">${marks}</svg>`;
  };
  return html`<section><h2>${title}</h2>
<p class="caption">${caption}</p>
<figure>${legend ?? null}${drawn('wide')}${drawn('narrow')}</figure>
${table === undefined ? null : html`<details><summary>The numbers</summary>${table}</details>`}</section>
`;
}

/** A table with a header; the first column left, the others right. */
export function table(header: readonly Child[], rows: readonly (readonly Child[])[]): Markup {
  const cells = (row: readonly Child[]) =>
    row.map((cell, index) => (index === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`));
  const head = header.map((cell) => html`<th scope="col">${cell}</th>`);
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>
${rows.map((row) => html`<tr>${cells(row)}</tr>\n`)}</tbody></table></div>
`;
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly kind?: string;
}

/** A line of text at (x, y), y on its base line. */
export function label(x: number, y: number, text: string, { anchor = 'start', kind = '' }: TextStyle = {}) {
  return html`<text x="${x}" y="${y}" text-anchor="${anchor}" class="${kind}">${text}</text>`;
}

/** Pixels of an average character in charts' 13 px letters. */
const CHARACTER = 7.4;

/** As much of a name as fits. */
export function fitting(text: string, pixels: number): string {
  return shorten(text, lettersIn(pixels));
}

/** How many characters fit, at least one. */
export function lettersIn(pixels: number): number {
  return Math.max(1, Math.floor(pixels / CHARACTER));
}

/** At most how wide a text is in bold letters. */
export function widthOfText(text: string): number {
  return [...text].length * CHARACTER * 1.08;
}
