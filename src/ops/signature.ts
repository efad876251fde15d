/**
 * The grammar of axis signatures: `X[n (g i) *t+k], W[(g o) i *k], B[(g o)] -> Y[n (g o) *t] | g=group:1`.
 *
 * A label names an axis; the same label is the same axis everywhere. `(g o)` is one axis, the row-major product of its
 * factors, where a number is a factor of that size. `*s` is any number of axes, aligned at the right as broadcasting
 * does. `*t+k` are axes a window of extent k slides over to give t; nothing can be cut from them. `!` marks axes of which
 * no element may be cut. A number is an axis of that size. `_` is a tensor about which nothing is said. Behind `|` stand
 * sizes of labels, or of products of them as in `(j g)=num_heads`: a number, or an attribute with the default it has when
 * absent.
 */

/** A factor of an axis: a label, or a constant size. */
export type Factor = string | number;

export type AxisPattern =
  | { readonly kind: 'axis'; readonly factors: readonly Factor[] }
  | { readonly kind: 'group'; readonly label: string }
  | { readonly kind: 'window'; readonly group: boolean; readonly position: string; readonly kernel: string };

export interface TensorPattern {
  readonly name: string;
  readonly axes: readonly AxisPattern[];
}

export type SizeSource = number | { readonly attribute: string; readonly fallback: number | null };

/** What is said of the size of a product of labels. */
export interface ProductSize {
  readonly labels: readonly string[];
  readonly source: SizeSource;
}

export interface Signature {
  /** By position; null for `_`. */
  readonly inputs: readonly (TensorPattern | null)[];
  readonly outputs: readonly (TensorPattern | null)[];
  /** Labels of which nothing may be cut: marked with `!`, or part of a window. */
  readonly frozen: ReadonlySet<string>;
  readonly sizes: ReadonlyMap<string, SizeSource>;
  readonly products: readonly ProductSize[];
}

const cache = new Map<string, Signature>();

/** Parses once and remembers. A malformed signature is a bug of whoever wrote it: Error with the text and the place. */
export function parseSignature(text: string): Signature {
  let signature = cache.get(text);
  if (!signature) {
    signature = parse(text);
    cache.set(text, signature);
  }
  return signature;
}

/** Labels of a pattern, factors and windows included. */
export function labelsOf(tensor: TensorPattern): readonly string[] {
  return tensor.axes.flatMap(labelsOfAxis);
}

/** Labels of one axis pattern. */
export function labelsOfAxis(axis: AxisPattern): readonly string[] {
  if (axis.kind === 'group') return [axis.label];
  if (axis.kind === 'window') return [axis.position, axis.kernel];
  return axis.factors.filter((factor) => typeof factor === 'string');
}

function parse(text: string): Signature {
  const fail = (what: string): never => {
    throw new Error(`signature '${text}': ${what}`);
  };
  const [body = '', sizeText, ...more] = text.split('|');
  const sides = body.split('->');
  if (sides.length !== 2 || more.length > 0) fail('expected `inputs -> outputs`, then at most one `| sizes`');
  const frozen = new Set<string>();
  const [inputs, outputs] = sides.map((side) => parseTensors(side, frozen, fail));
  return { inputs: inputs ?? [], outputs: outputs ?? [], frozen, ...parseSizes(sizeText, fail) };
}

function parseTensors(side: string, frozen: Set<string>, fail: (what: string) => never) {
  if (side.trim() === '') return [];
  return side.split(',').map((part): TensorPattern | null => {
    const trimmed = part.trim();
    if (trimmed === '_') return null;
    const match = /^([A-Za-z]\w*)\[([^[\]]*)\]$/.exec(trimmed);
    if (!match) return fail(`'${trimmed}' is no tensor, expected Name[axes] or _`);
    const axes = parseAxes(match[2] ?? '', frozen, fail);
    if (axes.filter((axis) => axis.kind === 'group' || (axis.kind === 'window' && axis.group)).length > 1)
      fail(`'${trimmed}' has two parts of any number of axes; where one ends cannot be known`);
    return { name: match[1] ?? '', axes };
  });
}

function parseAxes(text: string, frozen: Set<string>, fail: (what: string) => never): AxisPattern[] {
  const pieces = text.match(/!?\([^()]*\)|[^\s()]+|[()]/g) ?? [];
  return pieces.map((piece) => {
    const axis = parseAxis(piece.replace(/^!/, ''), fail);
    if (piece.startsWith('!') || axis.kind === 'window')
      for (const label of labelsOfAxis(axis)) frozen.add(label);
    return axis;
  });
}

function parseAxis(text: string, fail: (what: string) => never): AxisPattern {
  const product = /^\(([^()]*)\)$/.exec(text);
  if (product) {
    const factors = (product[1] ?? '')
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map((factor) => parseFactor(factor, fail));
    return factors.length > 0 ? { kind: 'axis', factors } : fail('an empty product ()');
  }
  const window = /^(\*?)([A-Za-z]\w*)\+([A-Za-z]\w*)$/.exec(text);
  if (window)
    return { kind: 'window', group: window[1] === '*', position: window[2] ?? '', kernel: window[3] ?? '' };
  const group = /^\*([A-Za-z]\w*)$/.exec(text);
  if (group) return { kind: 'group', label: group[1] ?? '' };
  return { kind: 'axis', factors: [parseFactor(text, fail)] };
}

function parseFactor(text: string, fail: (what: string) => never): Factor {
  if (/^[A-Za-z]\w*$/.test(text)) return text;
  return /^[1-9]\d*$/.test(text) ? Number(text) : fail(`'${text}' is neither a label nor a size`);
}

function parseSizes(text: string | undefined, fail: (what: string) => never) {
  const sizes = new Map<string, SizeSource>();
  const products: ProductSize[] = [];
  for (const part of text?.split(',') ?? []) {
    const match = /^\s*(\w+|\([\w\s]+\))=(?:(\d+)|([A-Za-z]\w*)(?::(\d+))?)\s*$/.exec(part);
    if (!match) return fail(`'${part.trim()}' is no size, expected label=number or label=attribute:default`);
    const [, label = '', number, attribute = '', fallback] = match;
    const source: SizeSource =
      number === undefined
        ? { attribute, fallback: fallback === undefined ? null : Number(fallback) }
        : Number(number);
    if (label.startsWith('(')) products.push({ labels: label.slice(1, -1).trim().split(/\s+/), source });
    else sizes.set(label, source);
  }
  return { sizes, products };
}
