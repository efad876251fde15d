/** Symbolic dims: which sizes a set of graph inputs leaves open, and their values once chosen. */
import { LlmcError } from '../errors.ts';
import type { ValueInfo } from './value-info.ts';

/** Sizes by symbolic name; unnamed dims are called `input[axis]`. */
export type Bindings = Readonly<Record<string, number>>;

export interface OpenDim {
  readonly name: string;
  /** True when it is, as a rule, the batch: axis 0 of an input, or axis 1 of a recurrent state [layers, batch, width]. */
  readonly leading: boolean;
  /** The inputs and axes where it stands. */
  readonly uses: readonly { readonly input: ValueInfo; readonly axis: number }[];
}

/** The name under which the dim at `axis` is bound; null for a fixed size. */
function dimName(input: ValueInfo, axis: number): string | null {
  const dim = input.dims[axis];
  if (typeof dim === 'number') return null;
  return dim ?? `${input.name}[${axis}]`;
}

/** Exporters write sums and products of other dims as names: "past_sequence_length + 1", "2*s0". */
function isExpression(name: string): boolean {
  return /^[\w.\s()+*-]+$/.test(name) && /[+*]|\s-/.test(name.replace(/^\W+/, ''));
}

/** Every size the inputs leave open, in order of appearance. Expressions over other dims are left out. */
export function openDims(inputs: readonly ValueInfo[]): OpenDim[] {
  const found = new Map<string, { leading: boolean; uses: { input: ValueInfo; axis: number }[] }>();
  const add = (name: string, input: ValueInfo, axis: number) => {
    const entry = found.get(name) ?? { leading: false, uses: [] };
    entry.leading ||= axis === 0 || isStateBatch(input.dims, axis);
    entry.uses.push({ input, axis });
    found.set(name, entry);
  };
  for (const input of inputs) {
    for (let axis = 0; axis < input.dims.length; axis++) {
      const name = dimName(input, axis);
      if (name === null) continue;
      if (!isExpression(name)) add(name, input, axis);
      // A name that appears only inside an expression still needs a size.
      else
        for (const part of name.match(/[A-Za-z_][\w.]*/g) ?? [])
          if (!found.has(part)) found.set(part, { leading: false, uses: [] });
    }
  }
  return [...found].map(([name, entry]) => ({ name, ...entry }));
}

function isStateBatch(dims: ValueInfo['dims'], axis: number): boolean {
  return axis === 1 && dims.length === 3 && typeof dims[0] === 'number' && typeof dims[2] === 'number';
}

/** The concrete dims of an input. LlmcError DATA when a dim is unbound or not a size. */
export function bindDims(input: ValueInfo, bindings: Bindings): number[] {
  return input.dims.map((dim, axis) => {
    const name = dimName(input, axis);
    const size = name === null ? (dim as number) : (bindings[name] ?? evaluate(name, bindings));
    if (size === undefined || !Number.isSafeInteger(size) || size < 0) {
      throw new LlmcError('DATA', `no size for dim ${axis} ("${name ?? dim}") of input "${input.name}"`, {
        hint: `give it with --dim ${name ?? 'name'}=value`,
      });
    }
    return size;
  });
}

/** Value of a sum, difference or product of bound names and whole numbers, usual precedence; undefined otherwise. */
function evaluate(expression: string, bindings: Bindings): number | undefined {
  const tokens = expression.match(/[A-Za-z_][\w.]*|\d+|[-+*()]/g) ?? [];
  if (tokens.join('') !== expression.replace(/\s+/g, '')) return undefined;
  let at = 0;
  const factor = (): number => {
    const token = tokens[at++];
    if (token === '(') {
      const inner = sum();
      return tokens[at++] === ')' ? inner : Number.NaN;
    }
    if (token === undefined) return Number.NaN;
    return /^\d/.test(token) ? Number(token) : (bindings[token] ?? Number.NaN);
  };
  const product = (): number => {
    let value = factor();
    while (tokens[at] === '*') {
      at++;
      value *= factor();
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') value += tokens[at++] === '+' ? product() : -product();
    return value;
  };
  const value = sum();
  return at === tokens.length && Number.isFinite(value) ? value : undefined;
}
