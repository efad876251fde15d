/** Collects a ScaleGroup: follows factors from one value to everything that makes or reads it. */
import { floatsOf } from '../../../ir/floats.ts';
import type { Node } from '../../../ir/node.ts';
import type { Value } from '../../../ir/value.ts';
import { homogeneousSets } from '../../../ops/homogeneous.ts';
import { isRelation } from '../../../ops/spec.ts';
import { specOf } from '../../../ops/table.ts';
import type { Constants } from '../../../passes/constants.ts';
import type { AxisFlow, Slot } from './axis-flow.ts';
import { type ChannelMap, equalTables, isEmpty } from './channel-map.ts';
import { Choices } from './choices.ts';
import {
  type Exponent,
  Refused,
  type ScaledConstant,
  type ScaledValue,
  type ScaleGroup,
} from './scale-group.ts';

const RESULT: Slot = { side: 'outputs', index: 0 };
const DATA: Slot = { side: 'inputs', index: 0 };

/** Ways to go on where either of two inputs could take the factors. */
const MOST_ATTEMPTS = 32;
/** Constants up to this many bytes are looked into for zeros. */
const LOOKED_AT_BYTES = 1 << 16;

/**
 * The group of a value that is to be divided by factors along `map`.
 * @param size length of the vector of factors
 * @returns the reason as text when something the factors reach cannot be scaled
 */
export function collectGroup(
  value: Value,
  map: ChannelMap,
  size: number,
  flow: AxisFlow,
  constants: Constants,
): ScaleGroup | string {
  const choices = new Choices();
  let reason: string | null = null;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++)
    try {
      const collector = new Collector(flow, constants, choices);
      collector.run(value, map);
      return { size, values: collector.values, constants: collector.scaledConstants() };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      reason ??= error.message;
      if (!choices.next()) break;
    }
  return reason ?? 'nothing can take the factors';
}

interface Demand extends ScaledValue {
  readonly value: Value;
}

/** A node whose first output is scaled because all inputs of a set are. */
interface Joint {
  readonly set: readonly number[];
}

class Collector {
  readonly values = new Map<Value, ScaledValue>();
  readonly #flow: AxisFlow;
  readonly #constants: Constants;
  readonly #choices: Choices;
  readonly #waiting: Demand[] = [];
  readonly #scaled = new Map<string, ScaledConstant>();
  readonly #joints = new Map<Node, Joint>();
  /** Inputs that are scaled against another one, by node. */
  readonly #factors = new Map<Node, Set<number>>();

  constructor(flow: AxisFlow, constants: Constants, choices: Choices) {
    this.#flow = flow;
    this.#constants = constants;
    this.#choices = choices;
    choices.restart();
  }

  run(value: Value, map: ChannelMap): void {
    this.#demand({ value, map, exponent: -1 });
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) this.#follow(next);
  }

  /** The constants to scale. @throws Refused where another reader needs one as it is */
  scaledConstants(): readonly ScaledConstant[] {
    const all = [...this.#scaled.values()];
    for (const { value, node } of all) {
      const covered = new Set(
        all.filter((each) => each.value === value).map((each) => `${each.node.id}:${each.input}`),
      );
      const shared = covered.size > 1 || value.useCount > covered.size || value.isGraphOutput;
      // Vectors that were merged because they were equal are copied again.
      if (shared && !isVector(value))
        throw new Refused(`'${value.name}' of ${node.label} is used elsewhere too`);
    }
    return all;
  }

  #demand(demand: Demand): void {
    const { value, map, exponent } = demand;
    if (isEmpty(map)) return;
    const known = this.values.get(value);
    if (known) {
      if (known.exponent !== exponent || !equalTables(known.map, map))
        throw new Refused(`factors reach '${value.name}' on two ways that disagree`);
      return;
    }
    if (!value.producer) throw new Refused(`'${value.name}' is an input`);
    if (value.isGraphOutput) throw new Refused(`'${value.name}' is an output`);
    if (value.dtype !== 'float32')
      throw new Refused(`'${value.name}' is ${value.dtype ?? 'of unknown type'}`);
    this.values.set(value, { map, exponent });
    this.#waiting.push(demand);
  }

  #follow(demand: Demand): void {
    const { value } = demand;
    const { producer } = value;
    if (producer) this.#deliver(producer, producer.outputs.indexOf(value), demand);
    for (const { node, index } of value.uses) {
      if (specOf(node)?.shapeOnly) continue;
      if (node.graph !== value.graph) throw new Refused(`a subgraph reads '${value.name}'`);
      this.#accept(node, index, demand);
    }
  }

  /** The node has a scaled input: another input makes up for it, or its output is scaled too. */
  #accept(node: Node, index: number, { map, exponent }: ScaledValue): void {
    if (this.#joints.get(node)?.set.includes(index) || this.#factors.get(node)?.has(index)) return;
    const partner = this.#partner(node, index, map);
    if (partner !== null) {
      const opposite: Exponent = exponent === 1 ? -1 : 1;
      const factors = this.#factors.get(node) ?? new Set();
      this.#factors.set(node, factors.add(index).add(partner.index));
      this.#scaleInput(node, partner.index, { map: partner.map, exponent: opposite }, index);
      return;
    }
    if (this.#joints.has(node)) throw new Refused(`both factors of ${node.label} would be scaled`);
    const set = homogeneousSets(node).find((each) => each.includes(index));
    if (!set) throw new Refused(`${node.label} does not commute with scaling`);
    this.#join(node, set, { side: 'inputs', index }, { map, exponent });
  }

  /** The input that is multiplied with this one and can take the inverse factors. Constants come first. */
  #partner(node: Node, index: number, map: ChannelMap): { index: number; map: ChannelMap } | null {
    const from: Slot = { side: 'inputs', index };
    const sets = homogeneousSets(node);
    const multiplied = (other: number): boolean =>
      sets.some((set) => set.includes(index)) &&
      sets.some((set) => set.includes(other)) &&
      !sets.some((set) => set.includes(index) && set.includes(other));
    const contracted = this.#flow.contracted(node, from, map);
    for (const wanted of ['constant', 'computed'])
      for (const [other, value] of node.inputs.entries()) {
        if (!value || other === index || this.#constants.has(value) !== (wanted === 'constant')) continue;
        const fits =
          contracted === 'all' || (multiplied(other) && (wanted === 'constant' || contracted === 'some'));
        const found = fits && this.#flow.transfer(node, from, map, { side: 'inputs', index: other });
        if (found) return { index: other, map: found };
      }
    return null;
  }

  /** The node has a scaled output: it comes from its inputs. */
  #deliver(node: Node, output: number, scaled: ScaledValue): void {
    if (this.#joints.has(node)) return;
    const from: Slot = { side: 'outputs', index: output };
    if (output !== 0 && !isSegmented(node)) throw new Refused(`${node.label} makes several results`);
    const able = homogeneousSets(node).filter((set) =>
      set.every((index) => this.#reaches(node, from, scaled.map, index)),
    );
    const constant = able.find((set) => set.every((index) => this.#constants.has(node.input(index))));
    const set = constant ?? able[able.length > 0 ? this.#choices.pick(able.length) : 0];
    if (!set) throw new Refused(`${node.label} cannot scale its result channel by channel`);
    this.#join(node, set, from, scaled);
  }

  #reaches(node: Node, from: Slot, map: ChannelMap, index: number): boolean {
    const found = this.#flow.transfer(node, from, map, { side: 'inputs', index });
    return found !== null || isZero(node.input(index));
  }

  /** Scales all inputs of a set and what comes out. */
  #join(node: Node, set: readonly number[], from: Slot, { map, exponent }: ScaledValue): void {
    this.#joints.set(node, { set });
    if (isSegmented(node)) {
      this.#joinParts(node, from, { map, exponent });
      return;
    }
    const found = from.side === 'outputs' ? map : this.#flow.transfer(node, from, map, RESULT);
    const value = node.output();
    if (!found || !value) throw new Refused(`${node.label} mixes what would be scaled`);
    this.#demand({ value, map: found, exponent });
    for (const input of set) this.#input(node, found, input, exponent);
  }

  /** Splits: factors of a part are some of those of the whole, which has no others. */
  #joinParts(node: Node, from: Slot, { map, exponent }: ScaledValue): void {
    const whole = from.side === 'inputs' ? map : this.#flow.transfer(node, from, map, DATA);
    if (!whole) throw new Refused(`${node.label} mixes what would be scaled`);
    this.#scaleInput(node, DATA.index, { map: whole, exponent }, null);
    for (const [index, value] of node.outputs.entries()) {
      const part = this.#flow.transfer(node, DATA, whole, { side: 'outputs', index });
      if (!part) throw new Refused(`${node.label} mixes what would be scaled`);
      if (value) this.#demand({ value, map: part, exponent });
    }
  }

  #input(node: Node, output: ChannelMap, index: number, exponent: Exponent): void {
    const map = this.#flow.transfer(node, RESULT, output, { side: 'inputs', index });
    if (map) this.#scaleInput(node, index, { map, exponent }, null);
    else if (!isZero(node.input(index)))
      throw new Refused(`${node.label} has one number for all channels, or mixes them`);
  }

  #scaleInput(node: Node, input: number, { map, exponent }: ScaledValue, against: number | null): void {
    const value = node.input(input);
    if (!value || isEmpty(map)) return;
    if (!value.tensor) {
      this.#demand({ value, map, exponent });
      return;
    }
    if (isZero(value)) return;
    if (!this.#constants.has(value)) throw new Refused(`'${value.name}' may be fed by the caller`);
    if (value.dtype !== 'float32') throw new Refused(`'${value.name}' is ${value.dtype}`);
    const key = `${node.id}:${input}:${against ?? 'result'}`;
    this.#scaled.set(key, { value, node, input, map, exponent, against });
  }
}

function isSegmented(node: Node): boolean {
  const axes = specOf(node)?.axes;
  return isRelation(axes) && axes.relation === 'segments' && node.outputs.length > 1;
}

/** Zeros stay zeros whatever they are multiplied with. */
function isZero(value: Value | null): boolean {
  const tensor = value?.tensor;
  return (
    tensor?.dtype === 'float32' &&
    tensor.byteLength <= LOOKED_AT_BYTES &&
    floatsOf(tensor).every((each) => each === 0)
  );
}

function isVector({ tensor }: Value): boolean {
  return tensor !== null && tensor.size === Math.max(1, ...tensor.dims);
}
