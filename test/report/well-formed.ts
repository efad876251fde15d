/** A strict reader of XML, as much of it as llmc's pages use: what a name in a report has opened shows up here. */

export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const TOKEN =
  /<!DOCTYPE html>|<\?xml [^<>]*\?>|<style>[^<]*<\/style>|<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<>]+)|./gsu;
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39);)/;

/** All elements of a document in order. Throws on the first thing that is not well-formed. */
export function elementsOf(text: string): Element[] {
  const open: string[] = [];
  const found: Element[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [whole, closing, tag, attributes = '', selfClosing, words] = match;
    requireEscaped(words ?? attributes);
    if (tag === undefined && words === undefined && whole.length === 1)
      throw new Error(`stray ${whole} in ${text.slice(match.index - 40, match.index + 40)}`);
    if (tag === undefined) continue;
    if (closing) requireSame(open.pop(), tag);
    else found.push({ tag, attributes: parse(attributes) });
    if (!closing && !selfClosing) open.push(tag);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  return found;
}

function requireEscaped(text: string): void {
  if (ENTITY.test(text)) throw new Error(`bare & in ${text.slice(0, 80)}`);
}

function requireSame(opened: string | undefined, closed: string): void {
  if (opened !== closed) throw new Error(`</${closed}> closes <${opened}>`);
}

function parse(attributes: string): Record<string, string> {
  const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, value]));
}
