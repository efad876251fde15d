/** The last part of a step: from gradients to the next weights and to what is remembered of them. */
import type { HostTensor } from '../../data/host-tensor.ts';
import type { Formula } from '../../ir/formula.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Value } from '../../ir/value.ts';
import type { Carried } from '../run/carried.ts';
import type { Running } from './batch-norms.ts';
import { dimsOf } from './sized.ts';
import type { StepInputs } from './step-inputs.ts';
import type { StepOptions } from './step-types.ts';

export class StepUpdate {
  readonly carried: Carried[] = [];
  /** New values, in the order of `carried`. */
  readonly results: Value[] = [];
  readonly #graph: Graph;
  readonly #f: Formula;
  readonly #options: StepOptions;
  readonly #inputs: StepInputs;
  readonly #weights: Readonly<Record<string, HostTensor>>;
  readonly #parameters: Value[] = [];

  /** @param weights as they are at the beginning, by name */
  constructor(
    graph: Graph,
    f: Formula,
    options: StepOptions,
    inputs: StepInputs,
    weights: Readonly<Record<string, HostTensor>>,
  ) {
    this.#graph = graph;
    this.#f = f;
    this.#options = options;
    this.#inputs = inputs;
    this.#weights = weights;
  }

  /** Writes the update of all parameters and of running statistics. */
  write(
    parameters: readonly Value[],
    gradients: ReadonlyMap<Value, Value>,
    running: readonly Running[],
  ): void {
    const f = this.#f;
    const { optimizer, settings, decay, gain = () => 1, ema, accumulate } = this.#options;
    const rate = this.#inputs.scalar('rate');
    const apply = accumulate > 1 ? f.greater(this.#inputs.scalar('apply'), 0.5) : null;
    const summed = parameters.map((weight) =>
      this.#accumulated(weight, f.mul(gradients.get(weight) as Value, gain(weight.name)), apply),
    );
    const clipped = this.#clipped(summed.map(({ gradient }) => gradient));
    for (const [at, weight] of parameters.entries()) {
      const slots = optimizer.slots(settings).map((slot) => this.#carry(weight, slot));
      const made = optimizer.update({
        f,
        weight,
        gradient: clipped[at] as Value,
        slots: slots.map(({ before }) => before),
        rate,
        scalar: (name) => this.#inputs.scalar(name),
        decay: decay(weight.name),
        settings,
      });
      const settle = (next: Value, before: Value) => (apply ? f.where(apply, next, before) : next);
      const next = settle(this.#options.keepZeros ? this.#masked(made.weight, weight) : made.weight, weight);
      this.#parameters.push(weight);
      this.#result({ key: weight.name, input: weight.name, dims: dimsOf(weight) }, next);
      for (const [slot, { key, before }] of slots.entries())
        this.#result(
          { key, input: before.name, dims: dimsOf(weight) },
          settle(made.slots[slot] as Value, before),
        );
      if (ema !== null) {
        const { key, before } = this.#carry(weight, 'ema');
        const average = f.add(f.mul(before, ema), f.mul(next, 1 - ema));
        this.#result({ key, input: before.name, dims: dimsOf(weight) }, settle(average, before));
      }
    }
    for (const { before, after } of running) {
      this.#parameters.push(before);
      this.#result({ key: before.name, input: before.name, dims: dimsOf(before) }, after);
    }
  }

  /** Carried tensors stay constants until their shapes have been asked for. */
  turnIntoInputs(): void {
    const graph = this.#graph;
    for (const value of this.#parameters) {
      if (!value.tensor) continue;
      value.tensor = null;
      graph.initializers.delete(value);
      graph.inputs = [...graph.inputs, value];
    }
    graph.outputs = graph.outputs.filter((value) => value.producer);
  }

  /** The sum of gradients of the batches so far, and whether it is used now. */
  #accumulated(weight: Value, gradient: Value, apply: Value | null): { gradient: Value } {
    if (!apply) return { gradient };
    const f = this.#f;
    const { key, before } = this.#carry(weight, 'sum');
    const total = f.add(before, f.div(gradient, this.#options.accumulate));
    this.#result({ key, input: before.name, dims: dimsOf(weight) }, f.where(apply, f.mul(total, 0), total));
    return { gradient: total };
  }

  /** Gradients scaled so that their common norm is at most `clip` (Pascanu et al. 2013, algorithm 1). */
  #clipped(gradients: readonly Value[]): readonly Value[] {
    const { clip } = this.#options;
    if (clip === null) return gradients;
    const f = this.#f;
    const squares = gradients.map((gradient) => f.sum(f.square(gradient), null, false));
    const norm = f.sqrt(squares.length === 1 ? (squares[0] as Value) : f.op('Sum', squares));
    const factor = f.min(f.div(clip, f.add(norm, 1e-6)), 1);
    return gradients.map((gradient) => f.mul(gradient, factor));
  }

  #result(carried: Omit<Carried, 'output'>, value: Value): void {
    this.carried.push({ ...carried, output: value.name });
    this.results.push(value);
  }

  /** Something remembered of a weight, in its shape. */
  #carry(weight: Value, slot: string): { readonly key: string; readonly before: Value } {
    const before = this.#graph.value(`${weight.name}_${slot}`);
    before.type = { dtype: 'float32', shape: dimsOf(weight) };
    this.#graph.inputs = [...this.#graph.inputs, before];
    return { key: `${weight.name}/${slot}`, before };
  }

  /** The new weight where the old one is not zero. What is nothing but zeros at first was not pruned. */
  #masked(next: Value, weight: Value): Value {
    const data = this.#weights[weight.name]?.data;
    const some = data instanceof Float32Array && data.includes(0) && data.some((one) => one !== 0);
    if (!some && !this.#options.masked?.has(weight.name)) return next;
    return this.#f.where(this.#f.equal(weight, 0), weight, next);
  }
}
