/** Tensors made of one weight by a recipe, when the writer reaches them, so that memory holds one weight. */
import { type ByteSource, bytesOf, computedBytes } from '../ir/bytes.ts';
import { byteLengthOf, type DType } from '../ir/dtype.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';
import { follow, type Made, type Recipe } from './recipes/recipe.ts';

export interface PartType {
  readonly dtype: DType;
  readonly dims: readonly number[];
}

/** Parts by name; null where this computation has no such part (zero points of symmetric codes). */
type Parts = Readonly<Record<string, PartType | null>>;
export type LazyTensors<P extends Parts> = {
  readonly [K in keyof P]: P[K] extends PartType ? Tensor : Tensor | null;
};

/** One computation and those of its results that nobody has read yet. */
export class LazyJob {
  readonly recipe: Recipe;
  readonly weight: Tensor;
  /** Bytes of the results that become tensors, by name. */
  readonly #lengths: ReadonlyMap<string, number>;
  readonly #onMade: (made: Made) => void;
  readonly #waiting = new Map<string, Uint8Array>();

  constructor(
    recipe: Recipe,
    weight: Tensor,
    lengths: ReadonlyMap<string, number>,
    onMade: (made: Made) => void,
  ) {
    this.recipe = recipe;
    this.weight = weight;
    this.#lengths = lengths;
    this.#onMade = onMade;
  }

  /** Bytes of all results. */
  get resultBytes(): number {
    return [...this.#lengths.values()].reduce((sum, length) => sum + length, 0);
  }

  /** Results made elsewhere, as `follow` returns them. */
  accept(made: Made): void {
    this.#onMade(made);
    for (const [name, view] of Object.entries(made))
      if (view && this.#lengths.has(name)) this.#waiting.set(name, bytesOf(view));
  }

  /** True when a part can be taken without computing. */
  has(name: string): boolean {
    return this.#waiting.has(name);
  }

  /** A part, computed with the others when it is not there; the others are kept until each has been read once. */
  take(name: string): Uint8Array {
    if (!this.has(name)) this.accept(follow(this.recipe, this.weight));
    const bytes = this.#waiting.get(name) ?? new Uint8Array(0);
    this.#waiting.delete(name);
    return bytes;
  }
}

/** A source that a job computes, and under which name. */
export interface JobPart {
  readonly job: LazyJob;
  readonly name: string;
}

const jobs = new WeakMap<ByteSource, JobPart>();

/** The job behind a source made by `lazyTensors`; null for other sources. */
export function jobPart(source: ByteSource): JobPart | null {
  return jobs.get(source) ?? null;
}

/**
 * Tensors for the named parts of what `recipe` makes of `weight`. The first part that is read computes all; the others
 * are kept until each has been read once, then everything is dropped (a later read computes again). Writers reach the
 * parts of a job one after the other, so at most one weight is in memory.
 * @param onMade told each time the job was done, with everything it made
 */
export function lazyTensors<P extends Parts>(
  parts: P,
  recipe: Recipe,
  weight: Tensor,
  onMade: (made: Made) => void = () => {},
): LazyTensors<P> {
  const lengths = new Map<string, number>();
  const job = new LazyJob(recipe, weight, lengths, onMade);
  const tensors = Object.entries(parts).map(([name, part]) => {
    if (!part) return [name, null] as const;
    const byteLength = byteLengthOf(part.dtype, sizeOf(part.dims));
    lengths.set(name, byteLength);
    const source = computedBytes(byteLength, () => job.take(name));
    jobs.set(source, { job, name });
    return [name, new Tensor({ ...part, source })] as const;
  });
  return Object.fromEntries(tensors) as LazyTensors<P>;
}
