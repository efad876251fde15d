/** What the rows of a module have in common: names, types, sizes. */
import { LlmcError } from '../../errors.ts';
import type { Column } from '../dataset.ts';
import { HINT, LABELS, type Row } from './rows-of.ts';

/** What all rows have in common. */
export class Shapes {
  readonly #path: string;
  #whole = true;
  readonly #columns = new Map<string, { dtype: string; dims: (number | null)[]; untyped: boolean }>();

  /** Labels are plain numbers without a fraction: classes. */
  get wholeLabels(): boolean {
    return this.#whole && this.#columns.get(LABELS)?.untyped === true;
  }

  constructor(path: string) {
    this.#path = path;
  }

  add(row: Row, at: number): void {
    const first = at === 0;
    const labels = row.get(LABELS);
    if (labels?.untyped) this.#whole &&= Array.from(labels.tensor.data, Number).every(Number.isInteger);
    for (const [name, { tensor, untyped }] of row) {
      const known = this.#columns.get(name);
      if (!known && first) this.#columns.set(name, { dtype: tensor.dtype, dims: [...tensor.dims], untyped });
      else if (!known) throw this.#odd(at, `"${shown(name)}" was not there before`);
      else if (known.dtype !== tensor.dtype || known.dims.length !== tensor.dims.length)
        throw this.#odd(
          at,
          `"${shown(name)}" is ${tensor.dtype} [${tensor.dims.join(',')}], before it was ${known.dtype} [${known.dims.map((dim) => dim ?? '?').join(',')}]`,
        );
      else
        for (const [axis, dim] of tensor.dims.entries())
          if (known.dims[axis] !== dim) known.dims[axis] = null;
    }
    const missing = [...this.#columns.keys()].find((name) => !row.has(name));
    if (missing !== undefined) throw this.#odd(at, `"${shown(missing)}" is missing`);
  }

  columns(length: number): Column[] {
    return [...this.#columns].map(([name, { dtype, dims, untyped }]) => ({
      name,
      dtype,
      dims: [length, ...dims],
      shared: false,
      ...(untyped && { untyped }),
    }));
  }

  #odd(at: number, why: string): LlmcError {
    return new LlmcError('DATA', `${this.#path}, row ${at}: ${why}`, { hint: HINT });
  }
}

function shown(name: string): string {
  return name === LABELS ? 'labels' : name;
}
