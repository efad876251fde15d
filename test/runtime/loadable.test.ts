/** Whose fault it is that nothing can be checked, and messages without paths of llmc's own. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertFile } from '../../src/convert/convert.ts';
import { LlmcError } from '../../src/errors.ts';
import type { Model } from '../../src/ir/model.ts';
import { quantizeAuto } from '../../src/quantize/auto.ts';
import { quantizeOptionsSchema, type SchemeName } from '../../src/quantize/options.ts';
import { quantizeFile } from '../../src/quantize/quantize.ts';
import { checkModel } from '../../src/runtime/check.ts';
import { firstLine } from '../../src/runtime/ort.ts';
import { silentContext } from '../../src/step.ts';
import { Folder } from '../support/folder.ts';
import { parseModel } from '../support/parse.ts';
import { noisyModel } from '../support/quantized.ts';

const folder = new Folder('loadable');
const context = silentContext({ threads: 1 });
let count = 0;

const BODY = '(float[N,64] x) => (float[N,64] y) <float[64,64] w = {0}>';

function twins(): Model {
  const model = noisyModel(`g ${BODY} { h = MatMul(x, w) y = Relu(h) }`);
  for (const node of model.graph) node.name = 'twin';
  return model;
}

/** Models llmc can rewrite and onnxruntime cannot load. */
const UNLOADABLE: Readonly<Record<string, () => Model>> = {
  'an operator of a custom domain': () =>
    noisyModel(
      `<ir_version: 8, opset_import: ["": 17, "my.ops": 1]> g ${BODY} { h = MatMul(x, w) y = my.ops.Foo(h) }`,
    ),
  'an unknown operator': () => noisyModel(`g ${BODY} { h = MatMul(x, w) y = Blurb(h) }`),
  'an opset of the future': () =>
    noisyModel(`<ir_version: 8, opset_import: ["": 99]> g ${BODY} { y = MatMul(x, w) }`),
};

interface Attempt {
  readonly error: LlmcError | null;
  readonly output: string;
}

async function attempt(
  work: 'convert' | SchemeName,
  input: string,
  check: 'full' | 'load' | 'none',
): Promise<Attempt> {
  const output = folder.at(`out-${count++}.onnx`);
  const ended = (): Promise<unknown> => {
    if (work === 'convert')
      return convertFile(
        { input, output, clean: true, strip: false, opset: null, check, layout: {}, force: false },
        context,
      );
    const options = quantizeOptionsSchema.parse({ target: 'portable', check, scheme: work });
    const job = { input, output, options, layout: {}, force: false, checksum: false };
    return work === 'auto' ? quantizeAuto(job, context) : quantizeFile(job, work, context);
  };
  const error = await ended().then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error !== null && !(error instanceof LlmcError)) throw error;
  return { error, output };
}

describe.for(Object.keys(UNLOADABLE))('an input with %s', (kind) => {
  const input = folder.save(`input-${count++}.onnx`, (UNLOADABLE[kind] as () => Model)());

  it.for([
    ['convert', 'full'],
    ['int8-dynamic', 'full'],
    ['int8-weights', 'load'],
    ['int4', 'full'],
    ['auto', 'full'],
  ] as const)('is said to be what cannot be loaded: %s, --check %s', async ([work, check]) => {
    const { error, output } = await attempt(work, input, check);
    expect(error).toMatchObject({ code: 'RUNTIME', exitCode: 2 });
    expect(error?.message).toMatch(/^onnxruntime cannot load the input model itself \(.+\), so nothing/);
    expect(error?.message).not.toMatch(/\.llmc-|Load model from/);
    expect(error?.message).not.toContain(folder.path);
    expect(error?.hint).toContain('--check none');
    expect(error?.hint.includes('name a scheme')).toBe(work === 'auto');
    expect(existsSync(output)).toBe(false);
  });

  it.for(['convert', 'int8-dynamic', 'int8-weights'] as const)(
    'is rewritten where nothing is checked: %s',
    async (work) => {
      const { error, output } = await attempt(work, input, 'none');
      expect([error, existsSync(output)]).toEqual([null, true]);
    },
  );
});

it('auto refuses an input it cannot measure against, even where the result loads', async () => {
  const { error } = await attempt('auto', folder.save('twins.onnx', twins()), 'full');
  expect(error).toMatchObject({ code: 'RUNTIME', hint: expect.stringContaining('--check none') });
});

it('auto refuses what no inputs suit', async () => {
  const model = noisyModel(
    `g ${BODY.slice(0, -1)}, int64[2] s = {3, 5}> { h = MatMul(x, w) y = Reshape(h, s) }`,
  );
  const { error } = await attempt('auto', folder.save('reshape.onnx', model), 'full');
  expect(error).toMatchObject({ code: 'RUNTIME', exitCode: 2, hint: expect.stringContaining('--data') });
  expect(error?.message).toContain('which is impossible here: ');
});

it('a result that is refused although the input loads is called so, without its temporary path', async () => {
  const good = folder.save('good.onnx', parseModel('g (float[4] x) => (float[4] y) { y = Abs(x) }'));
  const bad = folder.save('a: bad one.onnx', parseModel('g (float[4] x) => (float[4] y) { y = Blurb(x) }'));
  const request = {
    level: 'load',
    data: undefined,
    samples: 1,
    dims: {},
    baselineBytes: 100,
    candidateBytes: 100,
  } as const;
  const error = await checkModel(good, bad, request, context).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'CHECK_FAILED', exitCode: 1 });
  expect((error as LlmcError).message).toMatch(/^onnxruntime refuses the result: (?!.*(bad one|Load model))/);
});

describe('a native message', () => {
  const path = join(folder.path, 'x.onnx');

  it('loses the path of the model and of what lies beside it', () => {
    const native = `Load model from ${path} failed:cannot open "${join(folder.path, 'x.data')}"`;
    expect(firstLine(new Error(native), folder.path)).toBe('cannot open "x.data"');
  });

  it('keeps its beginning and its end when it is long', () => {
    const text = `begin ${'word '.repeat(200)}end`;
    expect(firstLine(new Error(text))).toMatch(/^begin .* \.\.\. .* end$/);
    expect(firstLine(new Error(text)).length).toBeLessThanOrEqual(300);
    expect(firstLine(new Error(text.slice(0, 300)))).toBe(text.slice(0, 300).trim());
  });
});
