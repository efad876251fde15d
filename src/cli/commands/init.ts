/** `llmc init`: looks at a model and writes a recipe to begin with. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseDataSpec } from '../../data/open.ts';
import { specFrom } from '../../data/spec-files.ts';
import { writeWhole } from '../../data/whole-file.ts';
import { EXIT, LlmcError } from '../../errors.ts';
import { factsOf } from '../../recipe/facts.ts';
import { initialRecipe } from '../../recipe/init.ts';
import type { Handler } from '../command.ts';
import type { initSpec } from './init.options.ts';

export const run: Handler<typeof initSpec> = async ({ operands: { model }, options }, io) => {
  const path = options.output ?? join(dirname(model), 'recipe.yaml');
  const facts = await factsOf(model);
  if (existsSync(path) && !io.common.force)
    throw new LlmcError('FILE_EXISTS', `${path} exists`, {
      hint: 'choose another name with -o, or pass --force',
    });
  const near = (text: string | undefined): string | null =>
    text === undefined ? null : nearSpec(text, path);
  const request = {
    path,
    model,
    goal: options.goal ?? 'balanced',
    data: near(options.data),
    evaluation: near(options.eval),
  };
  writeWhole(path, initialRecipe(request, facts));
  io.output({ path }, () => `wrote ${path}; llmc run ${path} --dry-run shows what it would do\n`);
  return EXIT.ok;
};

/** The spec as it is seen from the recipe. */
function nearSpec(text: string, recipe: string): string {
  const { kind, path } = parseDataSpec(specFrom(resolve('.'), text));
  if (path === '') return text;
  const query = text.includes('?') ? text.slice(text.indexOf('?')) : '';
  const short = relative(dirname(resolve(recipe)), path).replaceAll('\\', '/');
  return text.startsWith(`${kind}:`) ? `${kind}:${short}${query}` : `${short}${query}`;
}
