/** Runs a model piece by piece on all rows, so that constants of later pieces can still change. */
import type { HostTensor } from '../../../data/host-tensor.ts';
import type { Model } from '../../../ir/model.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import type { Value } from '../../../ir/value.ts';
import type { Feeds } from '../../../runtime/feeds.ts';
import { openSession } from '../../../runtime/session.ts';
import type { Context } from '../../../step.ts';
import { SegmentModels } from '../../rounding/segment-model.ts';
import { cutAt, type Segment } from '../../rounding/segments.ts';

/** Bytes of values between two pieces, of all batches; where they are more, the last batches are given up. */
const BUDGET_BYTES = 256 << 20;

type Live = Map<Value, HostTensor>;

export class Chain {
  /** Constants as they are from now on. */
  readonly changed = new Map<Value, Tensor>();
  readonly #segments: readonly Segment[];
  readonly #models: SegmentModels;
  readonly #batches: Live[];
  readonly #context: Context;

  /** @param stops values whose computation nothing else depends on */
  constructor(model: Model, stops: readonly Value[], batches: readonly Feeds[], context: Context) {
    this.#segments = cutAt(model.graph, stops);
    this.#models = new SegmentModels(model);
    this.#context = context;
    const inputs = model.graph.inputs.filter((value) => !value.tensor);
    this.#batches = batches.map(
      (feeds) =>
        new Map(
          inputs.flatMap((value) => {
            const fed = feeds[value.name];
            return fed ? [[value, fed] as const] : [];
          }),
        ),
    );
  }

  /** Each stop with what the batches give there: fewer batches where memory was short. */
  async *arrivals(): AsyncGenerator<{ readonly stop: Value; readonly found: readonly HostTensor[] }> {
    for (const [index, segment] of this.#segments.entries()) {
      await this.#run(segment);
      const found = this.#batches.flatMap((live) => live.get(segment.stop) ?? []);
      const later = this.#segments.slice(index + 1);
      const wanted = new Set(later.flatMap(({ needs }) => needs));
      for (const live of this.#batches)
        for (const value of live.keys()) if (!wanted.has(value)) live.delete(value);
      yield { stop: segment.stop, found };
    }
  }

  async #run(segment: Segment): Promise<void> {
    const [first] = this.#batches;
    if (!first) return;
    const dtypes = new Map(segment.needs.map((value) => [value, first.get(value)?.dtype ?? '']));
    const model = this.#models.bytes(segment, dtypes, this.changed);
    const session = await openSession({ model }, { threads: this.#context.threads });
    try {
      for (const live of this.#batches) {
        this.#context.signal.throwIfAborted();
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
        while (this.#batches.length > 1 && this.#bytes() > BUDGET_BYTES) this.#batches.pop();
      }
    } finally {
      await session.release();
    }
  }

  #bytes(): number {
    let sum = 0;
    for (const live of this.#batches)
      for (const { data } of live.values()) sum += Array.isArray(data) ? 0 : data.byteLength;
    return sum;
  }
}
