/** A recipe, checked and resolved: which steps make which files, judged by what. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { existingSpec } from '../data/spec-files.ts';
import { LlmcError } from '../errors.ts';
import { type OptionTable, type OptionValues, type RawValues, readOptions } from '../options/option.ts';
import { refuseImpossible } from '../report/impossible.ts';
import { parseRequirement, type Requirement } from '../report/require.ts';
import { type DataRole, type StepEntry, steps as table } from '../steps/table.ts';
import { checkShape } from './check.ts';
import { type EntryPlan, planEntry } from './entry.ts';
import { extendedObject, readExtended } from './extends.ts';
import { at, type Located, locate, type Place, recipeError } from './located.ts';
import type { RecipeObject } from './schema.ts';
import { expand, variablesOf } from './variables.ts';

export interface PlannedStep {
  readonly step: StepEntry;
  /** Option texts by attribute name, data filled in. */
  readonly given: RawValues;
  readonly options: OptionValues<OptionTable>;
  readonly place: Place;
}

export interface PlannedOutput {
  readonly path: string;
  readonly place: Place;
  /** The common steps, then its own. */
  readonly steps: readonly PlannedStep[];
  /** What must hold of this one. */
  readonly requirements: readonly Requirement[];
}

export interface Plan {
  /** The file of the recipe; empty for one that is no file. */
  readonly path: string;
  readonly model: string;
  readonly outputs: readonly PlannedOutput[];
  readonly data: Readonly<Partial<Record<DataRole, string>>>;
  /** What must hold of all outputs. */
  readonly requirements: readonly Requirement[];
  /** Where each requirement is written, those of outputs, too. */
  readonly places: ReadonlyMap<Requirement, Place>;
  /** How all is measured in the end; null for the defaults. */
  readonly bench: PlannedStep | null;
  /** Null where the recipe leaves it to the command line. */
  readonly seed: number | null;
  readonly threads: number | null;
}

export interface PlanRequest {
  /** Values of variables. */
  readonly set: ReadonlyMap<string, string>;
  /** Instead of the recipe's, from the current folder; null for the recipe's. */
  readonly model: string | null;
  readonly output: string | null;
}

const AS_WRITTEN: PlanRequest = { set: new Map(), model: null, output: null };

/**
 * Reads a recipe and everything it extends, and checks it whole before anything is done.
 * @param recipe its file, or what such a file holds
 * @throws LlmcError RECIPE, USAGE, DATA, REQUIREMENT or FILE_NOT_FOUND, with file, line and column
 */
export function planRecipe(recipe: string | RecipeObject, request: PlanRequest = AS_WRITTEN): Plan {
  const path = typeof recipe === 'string' ? recipe : '';
  const written = typeof recipe === 'string' ? readExtended(recipe) : extendedObject(recipe);
  const root = expand(written, variablesOf(written, request.set));
  const shape = checkShape(root);
  const place = (...keys: (string | number)[]): Place => locate(root, keys).place;
  const from = (at: Place, file: string): string => resolve(dirname(at.file), file);
  const model = request.model ? resolve(request.model) : from(place('model'), shape.model);
  requireModel(model, place('model'));
  const data = dataOf(shape.data, root);
  const places = new Map<Requirement, Place>();
  const plan = (located: Located): PlannedStep => fill(planEntry(located), data);
  const common = itemsOf(root, ['steps']).map(plan);
  const outputs = outputsOf(root, request.output).map(({ path: file, at: where, keys }) => ({
    path: file,
    place: where,
    steps: [...common, ...(keys.length > 0 ? itemsOf(root, [...keys, 'steps']).map(plan) : [])],
    requirements: keys.length > 0 ? requirementsAt(root, [...keys, 'require'], places) : [],
  }));
  for (const { path: file, place: where, steps } of outputs) refuseOutput(file, where, steps, model, outputs);
  return {
    path,
    model,
    outputs,
    data,
    requirements: requirementsAt(root, ['require'], places),
    places,
    bench: lastBench(outputs),
    seed: shape.seed ?? null,
    threads: shape.threads ?? null,
  };
}

function requireModel(model: string, place: Place): void {
  if (statSync(model, { throwIfNoEntry: false })?.isFile()) return;
  throw recipeError(place, `there is no model ${model}`, 'paths start from the folder of the recipe');
}

function dataOf(
  data: string | Partial<Record<DataRole, string | undefined>> | undefined,
  root: Located,
): Partial<Record<DataRole, string>> {
  if (data === undefined) return {};
  const spec = (text: string, place: Place): string =>
    at(place, () => existingSpec(resolve(dirname(place.file)), text));
  if (typeof data === 'string') {
    const only = spec(data, locate(root, ['data']).place);
    return { calibration: only, train: only, eval: only };
  }
  const roles = Object.entries(data).flatMap(([role, text]): [string, string][] =>
    text === undefined ? [] : [[role, spec(text, locate(root, ['data', role]).place)]],
  );
  return Object.fromEntries(roles);
}

/** Where a recipe does not say what a step reads, its data do: rows to judge by are never learned from. */
function fill({ step, given, place }: EntryPlan, data: Plan['data']): PlannedStep {
  const { calibration, train, validation } = data;
  const serving: Partial<Record<DataRole, string | undefined>> = {
    calibration: calibration ?? train,
    train: train ?? calibration,
    validation,
    eval: data.eval ?? validation,
  };
  const filled = Object.entries(step.data(given)).flatMap(([option, role]): [string, string][] => {
    const text = serving[role];
    return given[option] === undefined && text !== undefined ? [[option, text]] : [];
  });
  const all = { ...given, ...Object.fromEntries(filled) };
  return { step, given: all, place, options: at(place, () => readOptions(step.options, all)) };
}

interface Target {
  readonly path: string;
  readonly at: Place;
  /** Of its entry under outputs; none for a single output. */
  readonly keys: readonly (string | number)[];
}

function outputsOf(root: Located, asked: string | null): Target[] {
  const many = locate(root, ['outputs']);
  const single = locate(root, ['output']);
  const has = (key: string): boolean => root.kind === 'map' && root.entries.has(key);
  if (has('outputs') && has('output'))
    throw recipeError(many.place, 'output and outputs contradict each other', 'keep one of them');
  if (many.kind === 'list' && has('outputs')) {
    if (asked !== null && many.items.length > 1)
      throw new LlmcError('USAGE', 'the recipe has several outputs', { hint: 'leave out --output' });
    return many.items.map((_, index) => {
      const found = locate(root, ['outputs', index, 'path']);
      return { ...targetAt(found, asked), keys: ['outputs', index] };
    });
  }
  if (!has('output')) {
    if (asked !== null) return [{ path: resolve(asked), at: root.place, keys: [] }];
    throw recipeError(root.place, 'output is missing', 'write output: model.small.onnx');
  }
  return [{ ...targetAt(single, asked), keys: [] }];
}

function targetAt(found: Located, asked: string | null): Pick<Target, 'path' | 'at'> {
  const text = found.kind === 'scalar' ? String(found.value) : '';
  return {
    path: asked === null ? resolve(dirname(found.place.file), text) : resolve(asked),
    at: found.place,
  };
}

function itemsOf(root: Located, keys: readonly (string | number)[]): readonly Located[] {
  const found = locate(root, keys);
  return found.kind === 'list' && locate(root, keys.slice(0, -1)) !== found ? found.items : [];
}

/** @param places receives where each of them is */
function requirementsAt(
  root: Located,
  keys: readonly (string | number)[],
  places: Map<Requirement, Place>,
): Requirement[] {
  const found = locate(root, keys);
  if (found === locate(root, keys.slice(0, -1))) return [];
  const items = found.kind === 'list' ? found.items : [found];
  return items.map((item) => {
    const requirement = at(item.place, () => {
      const parsed = parseRequirement(item.kind === 'scalar' ? String(item.value) : '');
      refuseImpossible(parsed);
      return parsed;
    });
    places.set(requirement, item.place);
    return requirement;
  });
}

function refuseOutput(
  file: string,
  place: Place,
  steps: readonly PlannedStep[],
  model: string,
  outputs: readonly { readonly path: string }[],
): void {
  if (!steps.some(({ step }) => step.load !== null))
    throw recipeError(
      place,
      'nothing is done to the model',
      `name steps: ${table
        .filter(({ load }) => load)
        .map(({ name }) => name)
        .join(', ')}`,
    );
  if (file === model)
    throw recipeError(place, 'the output is the model itself', 'give the result a name of its own');
  if (outputs.filter(({ path }) => path === file).length > 1)
    throw recipeError(place, `two outputs are called ${file}`, 'give each result a name of its own');
}

/** What is said of the final measurement last counts. */
function lastBench(outputs: readonly { readonly steps: readonly PlannedStep[] }[]): PlannedStep | null {
  return outputs.flatMap(({ steps }) => steps).findLast(({ step }) => step.name === 'bench') ?? null;
}
