/** Recipes before anything is run: what is refused says where and what was meant. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { type Plan, planRecipe } from '../../src/recipe/plan.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('plan');
folder.save(
  'model.onnx',
  parseModel(`<ir_version: 8, opset_import: ["": 17]> g (float[batch,4] x) => (float[batch,2] y)
    <float[4,2] w = {1,2,3,4,5,6,7,8}> { y = MatMul(x, w) }`),
);
writeFileSync(
  folder.at('rows.npz'),
  npz({ x: { dtype: 'float32', dims: [2, 4], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) } }),
);

function plan(text: string, set: Record<string, string> = {}, name = 'recipe.yaml'): Plan {
  writeFileSync(folder.at(name), text);
  return planRecipe(folder.at(name), { set: new Map(Object.entries(set)), model: null, output: null });
}

function refusal(text: string, name = 'recipe.yaml'): LlmcError {
  try {
    plan(text, {}, name);
  } catch (error) {
    if (error instanceof LlmcError) return error;
    throw error;
  }
  throw new Error(`this recipe is accepted:\n${text}`);
}

const HEAD = 'version: 1\nmodel: model.onnx\noutput: small.onnx\n';

/** What is wrong, the recipe, where it is, what is said, what is suggested. */
const WRONG: readonly [about: string, text: string, place: string, message: RegExp, hint: RegExp][] = [
  ['a key', `${HEAD}step: [quantize]`, '4:1', /no "step" in a recipe/, /did you mean steps\?/],
  ['a step', `${HEAD}steps: [quantise]`, '4:9', /no step "quantise"/, /did you mean quantize\?/],
  ['an option', `${HEAD}steps:\n  - quantize: { shceme: int8 }`, '5:17', /no option "shceme"/, /scheme/],
  [
    'a choice',
    `${HEAD}steps:\n  - quantize: { rounding: gtpq }`,
    '5:27',
    /"gtpq" is not known/,
    /did you mean gptq\?/,
  ],
  ['a scheme', `${HEAD}steps:\n  - quantize:\n      scheme: int9`, '6:15', /no scheme "int9"/, /int8/],
  ['a number', `${HEAD}steps:\n  - prune: { sparsity: lots }`, '5:24', /is not a number/, /number/],
  [
    'a switch',
    `${HEAD}steps:\n  - prune: { dry-run: true }`,
    '5:14',
    /no option of a step/,
    /llmc run --dry-run/,
  ],
  [
    'a flag with a value',
    `${HEAD}steps:\n  - quantize: { half-io: 3 }`,
    '5:26',
    /true or false/,
    /half-io: true/,
  ],
  ['two steps in one', `${HEAD}steps:\n  - quantize: {}\n    prune: {}`, '6:5', /one step/, /dash/],
  [
    'a role of data',
    `${HEAD}data: { evl: rows.npz }\nsteps: [quantize]`,
    '4:9',
    /no "evl" in data/,
    /did you mean eval\?/,
  ],
  [
    'a kind of data',
    `${HEAD}data: { eval: rows.xyz }\nsteps: [quantize]`,
    '4:15',
    /what kind of data/,
    /kinds/,
  ],
  ['a requirement', `${HEAD}steps: [quantize]\nrequire: ["size <= 2 parsecs"]`, '5:11', /unit/, /units/],
  [
    'a version',
    `version: 2\nmodel: model.onnx\noutput: s.onnx\nsteps: [quantize]`,
    '1:10',
    /version cannot be 2/,
    /version: 1/,
  ],
  [
    'no model',
    `version: 1\noutput: s.onnx\nsteps: [quantize]`,
    '1:1',
    /model is missing/,
    /model: model.onnx/,
  ],
  [
    'an absent model',
    `version: 1\nmodel: no.onnx\noutput: s.onnx\nsteps: [quantize]`,
    '2:8',
    /no model/,
    /folder/,
  ],
  ['no steps', `${HEAD}`, '3:9', /nothing is done/, /steps/],
  [
    'the model as output',
    `version: 1\nmodel: model.onnx\noutput: model.onnx\nsteps: [quantize]`,
    '3:9',
    /model itself/,
    /name/,
  ],
  [
    'equal outputs',
    `version: 1\nmodel: model.onnx\noutputs: [{ path: a.onnx }, { path: a.onnx }]\nsteps: [quantize]`,
    '3:19',
    /two outputs/,
    /name/,
  ],
  [
    'an unknown variable',
    `${HEAD}vars: { share: 0.3 }\nsteps:\n  - prune: { sparsity: "\${shar}" }`,
    '6:24',
    /no variable "shar"/,
    /share/,
  ],
  ['broken YAML', `${HEAD}steps: [quantize`, '4:17', /./, /YAML or JSON/],
  ['a list', '- quantize', '1:1', /keys with values/, /version: 1/],
  ['nothing', '', '1:1', /keys with values/, /version: 1/],
];

describe('a recipe with a mistake in', () => {
  it.for(WRONG)('%s', ([, text, place, message, hint]) => {
    const error = refusal(text);
    expect(error.exitCode).toBe(2);
    expect(error.message.replace(`${folder.at('recipe.yaml')}:`, '')).toMatch(new RegExp(`^${place}: `));
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(error.message).not.toContain('\n');
  });

  it('its size or depth is refused before it is looked at closely', () => {
    expect(refusal(`# ${'x'.repeat(1 << 20)}\n${HEAD}`).message).toMatch(/larger than any recipe/);
    expect(refusal(`${HEAD}steps: ${'['.repeat(50)}${']'.repeat(50)}`).message).toMatch(/nested/);
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]`;
    expect(refusal(bomb).message).toMatch(/longer than any recipe/);
  });
});

describe('extends', () => {
  const write = (name: string, text: string): void => writeFileSync(folder.at(name), text);

  it('merges variables and data, replaces lists, and starts paths from where they are written', () => {
    mkdirSync(folder.at('base'), { recursive: true });
    writeFileSync(
      join(folder.at('base'), 'rows.npz'),
      npz({ x: { dtype: 'float32', dims: [1, 4], data: new Float32Array(4) } }),
    );
    write(
      'base/base.yaml',
      `vars: { bits: 4, share: 0.1 }\ndata: { calibration: rows.npz }\nsteps: [{ quantize: { scheme: int4, bits: "\${bits}" } }]\nrequire: [size <= 1MB]`,
    );
    const made = plan(`extends: base/base.yaml\n${HEAD}vars: { bits: 8 }\ndata: { eval: rows.npz }`);
    expect(made.data.calibration).toBe(`npz:${folder.at('base/rows.npz')}`);
    expect(made.data.eval).toBe(`npz:${folder.at('rows.npz')}`);
    expect(made.outputs[0]?.steps[0]?.given).toMatchObject({ scheme: 'int4', bits: '8' });
    expect(made.requirements.map(({ expression }) => expression)).toEqual(['size <= 1MB']);
  });

  it('is told where it goes in a circle', () => {
    write('one.yaml', `extends: two.yaml\n${HEAD}`);
    write('two.yaml', 'extends: three.yaml');
    write('three.yaml', 'vars: {}\nextends: one.yaml');
    const error = refusal(`extends: one.yaml\n${HEAD}`);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(
      /three\.yaml:2:10: extends goes in a circle: one\.yaml > two\.yaml > three\.yaml > one\.yaml/,
    );
    write('self.yaml', `extends: self.yaml\n${HEAD}`);
    expect(refusal(`extends: self.yaml\n${HEAD}`).message).toMatch(/self\.yaml:1:10: .*circle/);
  });

  it('names the place of a file that is not there', () => {
    expect(refusal(`extends: nowhere.yaml\n${HEAD}`).message).toMatch(
      /recipe\.yaml:1:10: there is no recipe/,
    );
  });
});

describe('options in a recipe', () => {
  const given = (options: string): unknown => {
    const made = plan(`${HEAD}steps:\n  - quantize: ${options}`);
    return made.outputs[0]?.steps[0]?.options;
  };

  it('are what flags are, with dashes or without', () => {
    expect(given('{ block-size: 64, scheme: int4 }')).toEqual(given('{ blockSize: 64, scheme: int4 }'));
    expect(given('{ per-tensor: true }')).toMatchObject({ perChannel: false });
    expect(given('{ per-channel: false }')).toMatchObject({ perChannel: false });
    expect(given('{ symmetric: false }')).toMatchObject({ symmetric: false });
    expect(given('{ exclude: head, half-io: false }')).toMatchObject({ exclude: ['head'], halfIo: false });
    expect(given('{ exclude: [a, b] }')).toMatchObject({ exclude: ['a', 'b'] });
  });

  it('take switches with and without no-', () => {
    const shuffled = (options: string): unknown =>
      plan(`${HEAD}data: rows.npz\nsteps:\n  - distill: ${options}`).outputs[0]?.steps[0]?.options['shuffle'];
    expect(shuffled('{}')).toBe(true);
    expect(shuffled('{ shuffle: false }')).toBe(false);
    expect(shuffled('{ no-shuffle: true }')).toBe(false);
    expect(shuffled('{ no-shuffle: false }')).toBe(true);
  });

  it('use variables, which the command line may replace', () => {
    const text = `${HEAD}vars: { share: 0.3, name: unstructured }\nsteps:\n  - prune: { sparsity: "\${share}", structure: "\${name}" }`;
    expect(plan(text).outputs[0]?.steps[0]?.options).toMatchObject({
      sparsity: 0.3,
      structure: 'unstructured',
    });
    expect(plan(text, { share: '0.5' }).outputs[0]?.steps[0]?.options).toMatchObject({ sparsity: 0.5 });
    expect(() => plan(text, { shard: '0.5' })).toThrow(/no variable shard/);
  });

  it('get data by its purpose: rows to judge by are never learned from', () => {
    const made = plan(`${HEAD}data: { eval: rows.npz }\nsteps: [quantize]`);
    expect(made.outputs[0]?.steps[0]?.given['data']).toBeUndefined();
    const text = `${HEAD}data: { calibration: rows.npz, train: "rows.npz?limit=1" }\nsteps: [{ prune: { sparsity: 0.5, recover: finetune } }, distill, quantize]`;
    const data = plan(text).outputs[0]?.steps.map(({ given: raw }) => raw['data']);
    const [all, one] = [`npz:${folder.at('rows.npz')}`, `npz:${folder.at('rows.npz')}?limit=1`];
    expect(data).toEqual([one, one, all]);
  });
});

describe('what no model can meet', () => {
  const IMPOSSIBLE = [
    'size <= 0MB',
    'accuracy.drop <= -200%',
    'agreement >= 150%',
    'accuracy >= 1.2',
    'speedup <= 0',
    'size.ratio < 0',
  ];
  it.for(IMPOSSIBLE)('%s', (expression) => {
    const error = refusal(`${HEAD}steps: [quantize]\nrequire:\n  - size <= 1MB\n  - "${expression}"`);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/recipe\.yaml:7:5: .*can never hold/);
  });

  it.for([
    'size <= 25MB',
    'accuracy.drop <= 0',
    'accuracy.drop <= -1%',
    'agreement >= 100%',
    'perplexity.drop <= 3',
    'cer <= 120%',
    'sqnr >= 20dB',
    'speedup >= 1.5',
    'maxAbsError <= 0',
    'accuracy.drop == 0',
  ])('%s can be met', (expression) =>
    expect(plan(`${HEAD}steps: [quantize]\nrequire: ["${expression}"]`).requirements).toHaveLength(1),
  );

  it('data that is not there', () => {
    expect(refusal(`${HEAD}data: { eval: nowhere.npz }\nsteps: [quantize]`).message).toMatch(
      /recipe\.yaml:4:15: there is no data/,
    );
    expect(refusal(`${HEAD}steps:\n  - quantize: { data: nowhere.npz }`).message).toMatch(
      /recipe\.yaml:5:23: there is no data/,
    );
  });
});
