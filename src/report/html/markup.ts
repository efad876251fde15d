/** Markup that is safe by construction: text put into a template is escaped, only markup itself is not. */
import { oneLine } from '../printable.ts';

/** Finished markup. Nothing but `html` below makes it from text. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Child = string | number | Markup | null | readonly Child[];

/**
 * html`<b>${name}</b>`: strings are escaped for element content and quoted attributes and lose control characters,
 * numbers are rounded to hundredths (coordinates need no more), null is nothing, lists are joined.
 */
export function html(strings: TemplateStringsArray, ...children: readonly Child[]): Markup {
  return new Markup(strings.map((part, index) => part + textOf(children[index] ?? null)).join(''));
}

function textOf(child: Child): string {
  if (child === null) return '';
  if (child instanceof Markup) return child.text;
  if (typeof child === 'string') return escapeText(child);
  // Sums of absurd numbers in a foreign report must not become the word NaN inside a coordinate.
  if (typeof child === 'number') return Number.isFinite(child) ? `${Math.round(child * 100) / 100}` : '0';
  return child.map(textOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for element content and quoted attributes of HTML and XML, on one printable line. */
export function escapeText(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
