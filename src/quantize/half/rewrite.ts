/** Carries out a plan: constants and values change their type, casts appear where two types meet. */
import { DTYPES } from '../../ir/dtype.ts';
import type { Use, Value } from '../../ir/value.ts';
import { castTarget } from '../../ops/nodes.ts';
import { unlistConstants } from '../../passes/constants.ts';
import { bypass } from '../../passes/rewire.ts';
import type { Outcome } from '../outcome.ts';
import { restateType } from './attributes.ts';
import { Casts } from './casts.ts';
import type { HalfConstants } from './constants.ts';
import type { Form, HalfPlan } from './plan.ts';
import { type Exit, floatsIn, graphsOf } from './values.ts';

/** A constant needed in both types is stored twice up to this size; above, once, with a Cast behind it. */
const TWICE_BYTES = 4096;

/** The uses of a value in one form. */
interface Demand {
  readonly uses: readonly Use[];
  readonly exits: readonly Exit[];
}

export class Rewriter {
  readonly #plan: HalfPlan;
  readonly #constants: HalfConstants;
  readonly #outcome: Outcome;
  readonly #casts = new Casts();

  constructor(plan: HalfPlan, constants: HalfConstants, outcome: Outcome) {
    this.#plan = plan;
    this.#constants = constants;
    this.#outcome = outcome;
  }

  /** Rewrites the model; returns the number of casts inserted. */
  run(): number {
    const plan = this.#plan;
    const values = graphsOf(plan.model).flatMap(floatsIn);
    // Homes are read off the graph as it was, before anything moves.
    const homes = new Map(values.map((value) => [value, plan.home(value)]));
    const demands = new Map(
      values.map((value) => [
        value,
        { half: this.#demand(value, 'half'), float32: this.#demand(value, 'float32') },
      ]),
    );
    for (const node of graphsOf(plan.model).flatMap((graph) => graph.nodes))
      if (!plan.slots.ties(node) && node.outputs.some((value) => value && homes.get(value) === 'half'))
        restateType(node, plan.fact(node), this.#constants);
    for (const [value, demand] of demands)
      if (homes.get(value) === 'any') this.#constant(value, demand.half, demand.float32);
      else if (homes.get(value) === 'half') this.#half(value, demand.half, demand.float32);
      else if (isWanted(demand.half)) redirect(demand.half, this.#casts.add(value, this.#constants.dtype));
    this.#dropIdleCasts();
    return this.#casts.count;
  }

  #demand(value: Value, form: Form): Demand {
    const plan = this.#plan;
    return {
      uses: value.uses.filter((use) => plan.wanted(use) === form),
      exits: (plan.exits.get(value) ?? []).filter((exit) => plan.wantedAtExit(value, exit) === form),
    };
  }

  /** A value made as half; where an output of the model stays float32, it keeps its name and what makes it is renamed. */
  #half(value: Value, half: Demand, float32: Demand): void {
    const { dtype } = this.#constants;
    const shape = value.type?.shape ?? null;
    const { producer } = value;
    if (producer && float32.exits.some((exit) => exit.graph === this.#plan.model.graph)) {
      const inner = value.graph.value(`${value.name}_${dtype}`);
      inner.type = { dtype, shape };
      producer.setOutput(producer.outputs.indexOf(value), inner);
      this.#casts.add(inner, 'float32', value);
      redirect(half, inner);
      return;
    }
    value.type = { dtype, shape };
    if (isWanted(float32)) redirect(float32, this.#casts.add(value, 'float32'));
  }

  #constant(value: Value, half: Demand, float32: Demand): void {
    const { tensor } = value;
    if (!tensor) return;
    const { dtype } = this.#constants;
    if (!isWanted(half)) {
      this.#outcome.skip(value.name, this.#whyFloat(value, float32), tensor.byteLength);
      return;
    }
    const both = isWanted(float32);
    if (both && this.#storedTwice(value, float32)) {
      unlistConstants(this.#plan.model);
      const twin = value.graph.addInitializer(
        `${value.name}_${dtype}`,
        this.#constants.convert(tensor, value.name),
      );
      redirect(half, twin);
      this.#outcome.change(
        value.name,
        `stored in float32 and in ${dtype}: ${this.#whyFloat(value, float32)}`,
      );
      return;
    }
    value.tensor = this.#constants.convert(tensor, value.name);
    value.type = { dtype, shape: tensor.dims };
    this.#outcome.change(value.name, `float32 [${tensor.dims.join(', ')}] stored in ${dtype}`);
    if (both) redirect(float32, this.#casts.add(value, 'float32'));
  }

  /** Small constants stay exact where they are used in float32; so do those that half precision cannot hold. */
  #storedTwice(value: Value, float32: Demand): boolean {
    if (!value.tensor || value.tensor.byteLength <= TWICE_BYTES) return true;
    if (float32.exits.some((exit) => exit.graph === this.#plan.model.graph)) return true;
    return this.#constants.exceeds(value.tensor);
  }

  #whyFloat(value: Value, { uses, exits }: Demand): string {
    const [use] = uses;
    if (!use)
      return exits.length > 0
        ? 'it is an output'
        : `used by nothing that has a type (${value.uses.length} uses)`;
    const { node, index } = use;
    const reason = this.#plan.kept.get(node);
    if (reason !== undefined) return `used by ${node.label}, which ${told(reason)}`;
    if (this.#plan.fact(node).fixedInputs.includes(index))
      return `input ${index} of ${node.op} is always float32`;
    return `used by ${node.label}, which works in float32 like its neighbours`;
  }

  /** Casts of the model that now have the same type on both sides. */
  #dropIdleCasts(): void {
    for (const graph of graphsOf(this.#plan.model))
      for (const node of graph) {
        const [from, to] = [node.input(0), node.output(0)];
        const target = castTarget(node);
        if (
          from?.dtype &&
          to &&
          target === DTYPES[from.dtype].code &&
          target === DTYPES[this.#constants.dtype].code
        )
          bypass(node, from, to);
      }
  }
}

function isWanted({ uses, exits }: Demand): boolean {
  return uses.length > 0 || exits.length > 0;
}

function redirect({ uses, exits }: Demand, to: Value): void {
  for (const { node, index } of uses) node.setInput(index, to);
  for (const { graph, index } of exits) {
    graph.setOutput(index, to);
    if (to.graph !== graph) to.graph.registerEscape(to);
  }
}

/** "excluded by --exclude" reads as "is excluded by --exclude" in a sentence. */
function told(reason: string): string {
  return /^(excluded|not selected)/.test(reason) ? `is ${reason}` : `stays float32: ${reason}`;
}
