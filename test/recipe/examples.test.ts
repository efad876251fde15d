/** The recipes in the documentation: each one can be planned. Running them takes minutes; run.test.ts runs small ones. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { planRecipe } from '../../src/recipe/plan.ts';

const EXAMPLES = fileURLToPath(new URL('../../docs/examples', import.meta.url));
const recipes = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'));

describe('recipes in docs/examples', () => {
  it.for(recipes)('%s can be planned', (name) => {
    const plan = planRecipe(join(EXAMPLES, name), { set: new Map(), model: null, output: null });
    expect(plan.outputs.length).toBeGreaterThan(0);
  });
});
