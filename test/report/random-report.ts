/** Reports made by chance from the published schema, with names that try to break out of every format. */
import { uniform } from '../../src/random.ts';
import { reportJsonSchema } from '../../src/report/json-schema.ts';
import { type Report, reportSchema } from '../../src/report/schema.ts';

const NASTY = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='x",
  '</details></table></svg></style><b>',
  ']]>--><!--',
  '&lt;&amp;&#0;',
  '::error::gone%0A',
  '```\n"] }\n```mermaid',
  '| a | b |\n\n# head @user',
  '\u001b[31m\u0000\u202e\ud800\uffff',
  '層.重み/é ü',
  '',
  'x'.repeat(300),
  'model.onnx',
  'accuracy',
];

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

const SCHEMA = reportJsonSchema() as Schema;

/** A valid report; the same for the same seed. */
export function randomReport(seed: number): Report {
  const random = uniform(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const number = ({ minimum, exclusiveMinimum, maximum = Infinity, type }: Schema): number => {
    const wild = pick([0, random(), random() * 1000, 1e-9, 1e12, ...(seed % 5 === 0 ? [1e300] : [])]);
    const signed = minimum === undefined && exclusiveMinimum === undefined && random() < 0.3 ? -wild : wild;
    const bounded = Math.min(maximum, Math.max(minimum ?? exclusiveMinimum ?? -Infinity, signed));
    if (type === 'number') return bounded;
    return Math.min(2 ** 50, Math.max(exclusiveMinimum === undefined ? -(2 ** 50) : 1, Math.round(bounded)));
  };
  const object = ({ properties, required = [], additionalProperties = {} }: Schema): unknown => {
    if (!properties)
      return Object.fromEntries([pick(NASTY), 'accuracy'].map((key) => [key, make(additionalProperties)]));
    const members = Object.entries(properties).filter(([name]) => required.includes(name) || random() < 0.7);
    return Object.fromEntries(members.map(([name, inner]) => [name, make(inner)]));
  };
  const byType: Readonly<Record<string, (schema: Schema) => unknown>> = {
    null: () => null,
    boolean: () => random() < 0.5,
    string: () => pick(NASTY) + (random() < 0.5 ? Math.floor(random() * 10) : ''),
    number,
    integer: number,
    array: ({ items = {} }) =>
      Array.from({ length: pick([0, 1, 2, 3, seed % 7 === 0 ? 60 : 5]) }, () => make(items)),
    object,
  };
  const make = (schema: Schema): unknown => {
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return pick(schema.enum);
    if (schema.anyOf) return make(pick(schema.anyOf));
    const type = typeof schema.type === 'object' ? pick(schema.type) : schema.type;
    return byType[type ?? 'string']?.({ ...schema, ...(type && { type }) });
  };
  const report = reportSchema.parse(make(SCHEMA));
  // Comparisons of models that exist, most of the time.
  const names = report.models.map(({ name }) => name);
  for (const pair of report.comparisons) {
    if (names.length === 0 || random() < 0.2) continue;
    pair.baseline = names[0] as string;
    pair.candidate = pick(names);
  }
  return report;
}
