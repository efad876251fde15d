/** Solves for the sizes of labels from the dims of the tensors that carry them. */
import type { Node } from '../ir/node.ts';
import type { Dim } from '../ir/value.ts';
import type { Factor, Signature, SizeSource } from './signature.ts';

/** Dims that contradict the signature; the message names tensor and axis. */
export class Mismatch extends Error {}

interface Product {
  readonly tensor: string;
  readonly factors: readonly Factor[];
  readonly dim: number;
}

export class Extents {
  /** A number, a symbolic name, or null where nothing is known yet. */
  readonly known = new Map<string, Dim>();
  readonly #given: ReadonlySet<string>;
  readonly #products: Product[] = [];

  /** Starts from what the signature says of sizes; attributes are read from the node. */
  constructor({ sizes, products }: Pick<Signature, 'sizes' | 'products'>, node: Node) {
    const stated = (source: SizeSource) =>
      typeof source === 'number' ? source : node.int(source.attribute, source.fallback ?? 0);
    for (const [label, source] of sizes) {
      const size = stated(source);
      if (size > 0) this.known.set(label, size);
    }
    this.#given = new Set(this.known.keys());
    for (const { labels, source } of products) {
      const dim = stated(source);
      for (const label of labels) this.mention(label);
      if (dim > 0) this.#products.push({ tensor: 'the node', factors: labels, dim });
    }
  }

  mention(label: string): void {
    if (!this.known.has(label)) this.known.set(label, null);
  }

  /** Takes note that an axis of `tensor` has these factors and this dim. */
  add(tensor: string, factors: readonly Factor[], dim: Dim): void {
    for (const factor of factors) if (typeof factor === 'string') this.mention(factor);
    const [only] = factors;
    if (factors.length === 1 && typeof only === 'string' && !this.#given.has(only))
      this.#learn(only, dim, tensor);
    else if (typeof dim === 'number') this.#products.push({ tensor, factors, dim });
  }

  /** Divides products by their known factors until nothing more follows. */
  solve(): void {
    // Each round can determine one more factor, so that this many rounds reach the end.
    for (let round = 0; round <= this.known.size; round++)
      for (const product of this.#products) this.#divide(product);
  }

  #learn(label: string, dim: Dim, tensor: string): void {
    const known = this.known.get(label) ?? null;
    if (dim === null || known === dim || (typeof dim === 'string' && known !== null)) return;
    // A dim of 1 beside a larger one is stretched by broadcasting.
    if (dim === 1 && known !== null) return;
    if (typeof known === 'number' && known !== 1)
      throw new Mismatch(`axis ${label} of ${tensor} is ${dim}, elsewhere ${known}`);
    this.known.set(label, dim);
  }

  #divide({ tensor, factors, dim }: Product): void {
    const sizes = factors.map((factor) => (typeof factor === 'number' ? factor : this.known.get(factor)));
    const open = factors.filter((_, index) => typeof sizes[index] !== 'number');
    const product = sizes.reduce<number>((all, size) => (typeof size === 'number' ? all * size : all), 1);
    // A dim of 1 may be stretched, a size of 0 divides nothing.
    if (open.length > 1 || dim === 1 || product === 0) return;
    const rest = dim / product;
    if (open.length === 0 ? rest !== 1 : !Number.isInteger(rest))
      throw new Mismatch(`an axis of ${tensor} is ${dim}, its factors ${factors.join(' ')} make ${product}`);
    const [label] = open;
    if (typeof label === 'string') this.known.set(label, rest);
  }
}
