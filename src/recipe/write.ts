/** Writes a recipe as people would. */
import { dirname, relative } from 'node:path';
import { Document, isMap, isSeq, visit } from 'yaml';
import { parseDataSpec } from '../data/open.ts';
import { attributeOf, longFlag } from '../options/option.ts';
import { stepNamed } from '../steps/table.ts';

export interface RecipeDraft {
  /** Lines above everything. */
  readonly comment: readonly string[];
  readonly model: string;
  readonly output: string;
  /** Data specs by role. */
  readonly data: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly step: string; readonly given: Readonly<Record<string, unknown>> }[];
  readonly require: readonly string[];
  readonly seed: number;
}

/** @param path where the recipe will be: paths in it start from there */
export function recipeText(path: string, draft: RecipeDraft): string {
  const near = (file: string): string => {
    const short = relative(dirname(path), file);
    return short === '' ? '.' : short.replaceAll('\\', '/');
  };
  const data = Object.entries(draft.data).map(([role, spec]) => [role, nearSpec(spec, near)]);
  const document = new Document({
    version: 1,
    model: near(draft.model),
    output: near(draft.output),
    ...(data.length > 0 ? { data: Object.fromEntries(data) } : {}),
    ...(draft.seed === 0 ? {} : { seed: draft.seed }),
    steps: draft.steps.map(({ step, given }) => ({ [step]: keysAndValues(step, given) })),
    ...(draft.require.length > 0 ? { require: [...draft.require] } : {}),
  });
  // Options of a step fit in a line.
  visit(document, {
    Map: (_, node, ancestors) => {
      if (ancestors.filter((each) => isMap(each) || isSeq(each)).length >= 3) node.flow = true;
    },
  });
  const comment = draft.comment.map((line) => `# ${line}`.trimEnd());
  return [...comment, document.toString({ lineWidth: 0 })].join('\n');
}

function nearSpec(text: string, near: (file: string) => string): string {
  const { kind, path } = parseDataSpec(text);
  const rest = text.slice(`${kind}:${path}`.length);
  return path === '' ? text : `${kind}:${near(path)}${rest}`;
}

/** Raw values of options under the keys recipes have for them. */
function keysAndValues(step: string, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = new Map(
    Object.values(stepNamed(step)?.options ?? {}).flatMap(({ forms, shape }) =>
      forms.map(
        (form) =>
          [attributeOf(form), { key: longFlag(form).slice(2), numeric: shape.type !== 'string' }] as const,
      ),
    ),
  );
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const { key = name, numeric = false } = names.get(name) ?? {};
      const number = numeric && typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
      return [key, Number.isNaN(number) ? value : number];
    }),
  );
}
