/** Runs a model segment by segment, as it is and with rounded layers, and hands out what arrives at each stop. */
import type { HostTensor } from '../../data/host-tensor.ts';
import type { Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { openSession } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import { MomentSums, type Moments } from './moments.ts';
import { SegmentModels } from './segment-model.ts';
import { cutAt, type Segment } from './segments.ts';

/** Values that a batch has reached and that are still needed. */
type Live = Map<Value, HostTensor>;

/** One batch: in the float model, and in the one with rounded layers. Values that are equal are one object. */
interface Runner {
  readonly exact: Live;
  readonly rounded: Live;
}

export interface Arrival {
  readonly stop: Value;
  readonly moments: Moments;
}

/** Each node runs once for each batch and model; memory holds what crosses a cut, and the constants of a segment. */
export class Relay {
  /** Constants that have been rounded; whatever runs from now on uses them. */
  readonly rounded = new Map<Value, Tensor>();
  readonly #segments: readonly Segment[];
  readonly #models: SegmentModels;
  readonly #runners: readonly Runner[];
  readonly #engine: MatrixEngine;
  readonly #context: Context;

  constructor(
    model: Model,
    stops: readonly Value[],
    batches: readonly Feeds[],
    engine: MatrixEngine,
    context: Context,
  ) {
    this.#segments = cutAt(model.graph, stops);
    this.#models = new SegmentModels(model);
    this.#engine = engine;
    this.#context = context;
    const inputs = model.graph.inputs.filter((value) => !value.tensor);
    this.#runners = batches.map((feeds) => {
      const live = inputs.flatMap((value) => {
        const fed = feeds[value.name];
        return fed ? [[value, fed] as const] : [];
      });
      return { exact: new Map(live), rounded: new Map(live) };
    });
  }

  /** The stops in order. Before it goes on, the caller puts what it rounded into `rounded`. */
  async *arrivals(): AsyncGenerator<Arrival> {
    for (const [index, segment] of this.#segments.entries()) {
      if (segment.gives.length > 0) await this.#run(segment);
      const sums = new MomentSums(this.#engine);
      for (const { exact, rounded } of this.#runners) {
        const [x, y] = [exact.get(segment.stop), rounded.get(segment.stop)];
        if (x && y) await sums.add(x, y);
      }
      this.#forget(index);
      yield { stop: segment.stop, moments: sums.result() };
    }
  }

  async #run(segment: Segment): Promise<void> {
    const changed = segment.constants.some((value) => this.rounded.has(value));
    await this.#pass(segment, 'exact', new Map());
    const same = ({ exact, rounded }: Runner): boolean =>
      !changed && segment.needs.every((value) => exact.get(value) === rounded.get(value));
    if (!this.#runners.every(same)) return this.#pass(segment, 'rounded', this.rounded);
    for (const { exact, rounded } of this.#runners)
      for (const value of segment.gives) {
        const found = exact.get(value);
        if (found) rounded.set(value, found);
      }
  }

  async #pass(segment: Segment, kind: keyof Runner, constants: ReadonlyMap<Value, Tensor>): Promise<void> {
    const [first] = this.#runners;
    if (!first) return;
    const dtypes = new Map(segment.needs.map((value) => [value, first[kind].get(value)?.dtype ?? '']));
    const session = await openSession(
      { model: this.#models.bytes(segment, dtypes, constants) },
      { threads: this.#context.threads },
    );
    try {
      for (const runner of this.#runners) {
        this.#context.signal.throwIfAborted();
        const live = runner[kind];
        const feeds: Record<string, HostTensor> = {};
        for (const value of segment.needs) {
          const tensor = live.get(value);
          if (tensor) feeds[value.name] = tensor;
        }
        const found = await session.run(feeds);
        for (const value of segment.gives) {
          const tensor = found[value.name];
          if (tensor) live.set(value, tensor);
        }
      }
    } finally {
      await session.release();
    }
  }

  /** Drops what no later segment reads and no later stop is. */
  #forget(index: number): void {
    const later = this.#segments.slice(index + 1);
    const wanted = new Set(later.flatMap(({ stop, needs }) => [stop, ...needs]));
    for (const runner of this.#runners)
      for (const live of [runner.exact, runner.rounded])
        for (const value of live.keys()) if (!wanted.has(value)) live.delete(value);
  }
}
