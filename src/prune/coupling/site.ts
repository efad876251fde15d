/** Site: a tensor as something may be cut from it. */
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';

/**
 * A value; or a constant as one node reads it: constants with one axis (biases, scales) are often one tensor only because
 * equal ones were merged, so each reader gets its own when they part. Matrices that several nodes read are tied on
 * purpose and stay one.
 */
export interface Site {
  readonly value: Value;
  /** The one reader this is about; null for everybody. */
  readonly reader: { readonly node: Node; readonly index: number } | null;
  /** For the inputs the model was looked at with. */
  readonly shape: readonly number[];
}

/** True for parameters of the model; shapes, indices and truth values are none. */
export function isWeight({ value }: Site): boolean {
  return value.tensor !== null && !/^(int64|bool|string)$/.test(value.tensor.dtype);
}

/** Gives every tensor its site, always the same object. */
export class Sites {
  readonly #values = new Map<Value, Site>();
  readonly #readers = new Map<Node, Map<number, Site>>();
  readonly #shapeOf: (value: Value) => readonly number[] | null;

  constructor(shapeOf: (value: Value) => readonly number[] | null) {
    this.#shapeOf = shapeOf;
  }

  /** Null where the rank is unknown. */
  output(value: Value): Site | null {
    const known = this.#values.get(value);
    if (known) return known;
    const shape = this.#shapeOf(value);
    if (!shape) return null;
    const site: Site = { value, reader: null, shape };
    this.#values.set(value, site);
    return site;
  }

  input(node: Node, index: number): Site | null {
    const value = node.input(index);
    if (!value) return null;
    const tensor = value.tensor;
    if (!tensor || value.useCount <= 1 || value.isGraphOutput || value.isGraphInput)
      return this.output(value);
    if (tensor.dims.filter((dim) => dim > 1).length > 1) return this.output(value);
    let own = this.#readers.get(node);
    if (!own) {
      own = new Map();
      this.#readers.set(node, own);
    }
    const known = own.get(index);
    if (known) return known;
    const site: Site = { value, reader: { node, index }, shape: tensor.dims };
    own.set(index, site);
    return site;
  }
}
