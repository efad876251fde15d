/** Checks a recipe against its schema; what does not fit is told with its place. */
import type { z } from 'zod';
import { closest } from '../report/suggest.ts';
import { type Located, locate, type Place, plain, recipeError } from './located.ts';
import { type RecipeShape, recipeSchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** @throws LlmcError RECIPE about the first thing that does not fit */
export function checkShape(root: Located): RecipeShape {
  const result = recipeSchema.safeParse(plain(root));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (!issue) throw new Error('a failed check has an issue');
  throw explain(root, deepest(issue));
}

/** Of alternatives, the one that fits furthest: `data: {evl: ...}` is about evl, not about being no text. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const branches = issue.errors.flatMap(([first]) => (first ? [deepest(first)] : []));
  const inner = branches.find(({ path, code }) => path.length > 0 || code === 'unrecognized_keys');
  return inner ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}

function explain(root: Located, issue: Issue): Error {
  const around = locate(root, issue.path);
  const name = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = keysAt(issue.path);
    const guess = closest(key, known);
    return recipeError(
      keyPlace(around, key),
      `there is no "${key}"${name === '' ? ' in a recipe' : ` in ${name}`}`,
      `${guess === null ? '' : `did you mean ${guess}? `}keys: ${known.join(', ')}`,
    );
  }
  const missing = issue.code === 'invalid_type' && !exists(root, issue.path);
  if (missing)
    return recipeError(
      around.place,
      `${name} is missing`,
      HINTS[name] ?? `write ${String(issue.path.at(-1))}: ...`,
    );
  const written = around.kind === 'scalar' ? JSON.stringify(around.value) : `a ${around.kind}`;
  return recipeError(around.place, `${name} cannot be ${written}`, HINTS[name] ?? wanted(issue));
}

const HINTS: Readonly<Record<string, string>> = {
  version: 'write version: 1',
  model: 'write model: model.onnx',
  steps: 'write a list: "- quantize: { scheme: int8 }"',
  data: 'write data: eval.npz, or data: { calibration: train.npz, eval: eval.npz }',
  require: 'write require: ["accuracy.drop <= 1%"]',
};

function wanted(issue: Issue): string {
  return issue.message.replace(/^Invalid input: /, '').replace(/^Too small: /, '');
}

function keysAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(recipeSchema.shape).filter((key) => key !== '$schema');
  if (path[0] === 'data') return ['calibration', 'train', 'validation', 'eval'];
  return ['path', 'steps', 'require'];
}

function keyPlace(located: Located, key: string): Place {
  return (located.kind === 'map' ? located.entries.get(key)?.key : undefined) ?? located.place;
}

function exists(root: Located, path: readonly PropertyKey[]): boolean {
  const parent = locate(root, path.slice(0, -1));
  return parent.kind === 'map' && parent.entries.has(String(path.at(-1)));
}
