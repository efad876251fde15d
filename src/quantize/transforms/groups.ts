/** All groups of a model that can be scaled together, with the products in each. */
import type { Model } from '../../ir/model.ts';
import { specOf } from '../../ops/table.ts';
import { Constants, unlistConstants } from '../../passes/constants.ts';
import type { Selection } from '../../passes/selection.ts';
import { staticShapes } from '../../probe/static-shapes.ts';
import type { Context } from '../../step.ts';
import { type Contraction, contractionsOf } from './contractions.ts';
import { AxisFlow } from './scaling/axis-flow.ts';
import { identityMap } from './scaling/channel-map.ts';
import { collectGroup } from './scaling/collect.ts';
import type { ScaleGroup } from './scaling/scale-group.ts';
import type { Channels } from './statistics.ts';

export interface Migration {
  readonly group: ScaleGroup;
  /** Products whose weights take the factors that their activations lose. */
  readonly contractions: readonly Contraction[];
  /** Other activations of the group that are quantized on their way, as operands of sums and products. */
  readonly carriers: readonly Channels[];
}

export interface Migrations {
  readonly migrations: readonly Migration[];
  readonly refused: readonly { readonly contraction: Contraction; readonly reason: string }[];
}

/** Finds the groups; types must be known. An IR 3 model becomes one of IR 4. */
export async function findMigrations(model: Model, select: Selection, context: Context): Promise<Migrations> {
  unlistConstants(model);
  const flow = new AxisFlow(await staticShapes(model, context));
  const constants = new Constants(model);
  const all = contractionsOf(model, flow, constants, select);
  const migrations: Migration[] = [];
  const refused: { contraction: Contraction; reason: string }[] = [];
  const placed = new Set<Contraction>();
  for (const contraction of all) {
    if (placed.has(contraction)) continue;
    const { value, axis, size } = contraction;
    const group = collectGroup(value, identityMap(axis, size), size, flow, constants);
    if (typeof group === 'string') {
      refused.push({ contraction, reason: group });
      continue;
    }
    const members = all.filter((each) => !placed.has(each) && isMember(each, group));
    for (const each of members) placed.add(each);
    migrations.push({ group, contractions: members, carriers: carriersOf(group, members) });
  }
  return { migrations, refused };
}

/** Values with the channels on one axis, in order, that an operator with an integer kernel reads. */
function carriersOf(group: ScaleGroup, members: readonly Contraction[]): Channels[] {
  const products = new Set(members.map(({ value }) => value));
  return [...group.values].flatMap(([value, { map, exponent }]) => {
    const [axis, ...more] = map.keys;
    const computes = value.uses.some(({ node }) => {
      const role = specOf(node)?.quant;
      return role?.kind === 'compute' && role.static !== undefined;
    });
    const plain = exponent === -1 && map.index.length === group.size && map.index.every((k, at) => k === at);
    return !products.has(value) && computes && plain && axis !== undefined && more.length === 0
      ? [{ value, axis, size: group.size }]
      : [];
  });
}

/** True when the weight takes, channel by channel, what the activation is divided by. */
function isMember({ node, data, weight, value, axis, size }: Contraction, group: ScaleGroup): boolean {
  const scaled = group.values.get(value);
  const plain =
    scaled?.exponent === -1 &&
    size === group.size &&
    scaled.map.keys.join() === `${axis}` &&
    scaled.map.index.every((element, at) => element === at);
  return (
    plain === true &&
    group.constants.some((each) => each.node === node && each.input === weight && each.against === data)
  );
}
