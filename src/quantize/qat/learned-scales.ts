/** Scales that are trained: learned step sizes (Esser et al. 2020, "Learned step size quantization", section 2). */
import { floatsOf } from '../../ir/floats.ts';
import { Formula } from '../../ir/formula.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import type { Span } from './fake.ts';
import { isQuantizer, isReader, spanOfRow } from './pairs.ts';

/** The farthest number is about so many times as large as numbers usually are. */
const TYPICAL = 3;

/** One constant scale, or several in one tensor. */
interface Learned {
  /** The constant there was. */
  readonly scale: Value;
  readonly dims: readonly number[];
  readonly first: Float32Array;
  /** What is trained; zero where the scale is what it was. */
  readonly trained: Value;
  readonly pace: Float32Array;
  /** What is read in the place of the constant. */
  readonly now: Value;
}

/**
 * A scale s becomes s * exp(pace * t) with t trained from 0 on, so that it keeps its sign, whatever the step. With the pace
 * 3 / (Q s), the inverse of how large numbers of Q steps usually are, a step of Adam moves a scale by about the share of
 * itself that it moves weights by. Adam does not see factors of gradients, gradient descent does: with the gain g / (pace
 * s)^2, g = 1 / sqrt(N Q) of N elements, a small step moves s by its gradient times g, as in the paper (section 2.2).
 */
export class LearnedScales {
  readonly #learned: Learned[] = [];
  readonly #known = new Map<Value, Float32Array>();

  /**
   * Makes parameters of the scales of all pairs that write and read codes; it computes what it did.
   * @param model changed in place
   * @param spans of scales of weights
   * @returns names of the parameters with what their gradients are to be multiplied by
   */
  dress(model: Model, spans: ReadonlyMap<Value, Span>): ReadonlyMap<string, number> {
    const { graph } = model;
    const gains = new Map<string, number>();
    for (const scale of [...graph.initializers]) {
      const { tensor } = scale;
      const writers = scale.uses.map(({ node }) => node).filter(isQuantizer);
      const [writer] = writers;
      if (tensor?.dtype !== 'float32' || !writer || scale.isGraphOutput) continue;
      if (!writers.every((node) => node.output()?.uses.every((use) => isReader(use.node, scale)))) continue;
      // Nothing can be counted in steps of zero: whatever has them is zero, which is zero in steps of one, too.
      const first = floatsOf(tensor).map((one) => one || 1);
      const { elements, steps } = spans.get(scale) ?? spanOfRow(writer);
      const pace = first.map((one) => TYPICAL / (steps * Math.abs(one)));
      const [place] = graph.nodes;
      const f = new Formula(graph, place ? { before: place } : null);
      const trained = graph.addInitializer(
        `${scale.name}_learned`,
        Tensor.of('float32', tensor.dims, new Float32Array(tensor.size)),
      );
      const readers = scale.uses;
      const now = f.mul(f.floats(tensor.dims, first), f.exp(f.mul(trained, f.floats(tensor.dims, pace))));
      now.type = { dtype: 'float32', shape: tensor.dims };
      for (const { node, index } of readers) node.setInput(index, now);
      gains.set(trained.name, (steps / TYPICAL) ** 2 / Math.sqrt(elements * steps));
      this.#learned.push({ scale, dims: tensor.dims, first, trained, pace, now });
    }
    return gains;
  }

  /** Scales become constants again. @param model changed in place */
  undress({ graph }: Model): void {
    for (const { scale, dims, first, trained, pace, now } of this.#learned) {
      if (!trained.tensor) continue;
      const steps = floatsOf(trained.tensor);
      const found = first.map((one, at) => one * Math.exp((pace[at] as number) * (steps[at] as number)));
      now.replaceAllUsesWith(graph.addInitializer(scale.name, Tensor.of('float32', dims, found)));
      this.#known.set(scale, found);
    }
  }

  /** What the training made of a constant; as it was for those that were not trained. */
  of(scale: Value): Float32Array {
    const known = this.#known.get(scale);
    if (known) return known;
    if (!scale.tensor) throw new Error(`${scale.name} is no constant`);
    return floatsOf(scale.tensor);
  }
}
