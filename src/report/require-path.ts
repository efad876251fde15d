/** Requirements about any number of a report, named by its path as the JSON has it: fidelity.outputs.logits.cosine. */
import type { Candidate } from './groups.ts';
import { reportJsonSchema } from './json-schema.ts';
import type { QuantityKind } from './quantities.ts';
import type { ModelRecord, Report } from './schema.ts';

/** Where a path begins: a member of each model, of its comparison with the baseline, or of the report. */
export type PathRoot = 'model' | 'comparison' | 'report';

export interface Path {
  readonly root: PathRoot;
  readonly segments: readonly string[];
  readonly kind: QuantityKind;
}

/** As much of JSON schema as the report's uses. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}

/** Numbers of a list are all meant; this one is how many there are. */
const LENGTH = 'length';

/** The schema of a report, made from the zod object once: making it takes tens of milliseconds. */
let known: Schema | null = null;

function schemaOfReport(): Schema {
  known ??= reportJsonSchema() as Schema;
  return known;
}

/** The path `name` is, when it leads to numbers in reports; null otherwise. */
export function pathNamed(name: string): Path | null {
  const segments = name.split('.');
  const { models, comparisons, ...others } = schemaOfReport().properties ?? {};
  const roots: readonly (readonly [PathRoot, Schema])[] = [
    ['model', models?.items ?? {}],
    ['comparison', comparisons?.items ?? {}],
    ['report', { properties: others }],
  ];
  const root = roots.find(([, schema]) => leadsToNumber(schema, segments))?.[0];
  return root === undefined ? null : { root, segments, kind: kindOf(segments) };
}

function leadsToNumber(schema: Schema, segments: readonly string[]): boolean {
  if (schema.anyOf) return schema.anyOf.some((variant) => leadsToNumber(variant, segments));
  const [first, ...rest] = segments;
  if (schema.items) return (first === LENGTH && rest.length === 0) || leadsToNumber(schema.items, segments);
  if (first === undefined)
    return [schema.type].flat().some((type) => type === 'number' || type === 'integer');
  const member = own(schema.properties ?? {}, first) ?? schema.additionalProperties;
  return member !== undefined && leadsToNumber(member, rest);
}

/** By the unit that names in the report end in. */
function kindOf(segments: readonly string[]): QuantityKind {
  const last = segments.at(-1) ?? '';
  if (/bytes$/i.test(last)) return 'bytes';
  if (/Db$/.test(last)) return 'decibel';
  if (segments.some((segment) => /Ms$/.test(segment)) && last !== 'samples' && !segments.includes('counts'))
    return 'time';
  if (last === 'agreement' || last === 'sparsity') return 'share';
  return /ratio$/i.test(last) || segments[0] === 'speedup' ? 'factor' : 'number';
}

/** All numbers at the path, null for each that was not measured; nothing where a list is empty. */
export function valuesAt(
  { root, segments }: Path,
  report: Report,
  model: ModelRecord,
  comparison: Candidate['comparison'],
): (number | null)[] {
  const from = { model, comparison, report }[root];
  return from === null ? [null] : collect(from, segments);
}

function collect(node: unknown, segments: readonly string[]): (number | null)[] {
  const [first, ...rest] = segments;
  if (Array.isArray(node))
    return first === LENGTH ? [node.length] : node.flatMap((item) => collect(item, segments));
  if (first === undefined) return [typeof node === 'number' ? node : null];
  if (typeof node !== 'object' || node === null) return [null];
  const value = own(node as Record<string, unknown>, first);
  // Equal outputs have infinitely many decibels, for which JSON has no number.
  if (rest.length === 0 && value === null && /Db$/.test(first)) return [Infinity];
  return collect(value, rest);
}

function own<T>(members: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}
