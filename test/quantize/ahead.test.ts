/** Weights quantized on worker threads: the same bytes, and whatever a thread does, the writer ends up right. */
import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { type ByteSource, bytesOf, computedBytes, memoryBytes } from '../../src/ir/bytes.ts';
import { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { encodeHalf } from '../../src/numeric/half.ts';
import { openFile } from '../../src/onnx/file.ts';
import { rangeOf } from '../../src/onnx/wire.ts';
import { saveModel } from '../../src/onnx/write.ts';
import { WorkAhead } from '../../src/quantize/ahead.ts';
import { lazyTensors } from '../../src/quantize/lazy.ts';
import { follow, type Recipe } from '../../src/quantize/recipes/recipe.ts';
import { quantizeWeight } from '../../src/quantize/weight.ts';
import { normal, seedFor } from '../../src/random.ts';
import { silentContext } from '../../src/step.ts';
import { useFolder } from '../onnx/folder.ts';

const folder = useFolder();
const WORKER = pathToFileURL(
  join(fileURLToPath(new URL('../..', import.meta.url)), 'dist/quantize/worker.js'),
);
/** Large enough to be sent to a thread. */
const [ROWS, COLUMNS] = [192, 352];

/** A matrix with ties, zeros and values beyond half precision in it. */
function floats(name: string): Float32Array {
  const next = normal(seedFor(name));
  const values = Float32Array.from({ length: ROWS * COLUMNS }, () => next() / 4);
  for (let i = 0; i < values.length; i += 97) values[i] = Math.round((values[i] as number) * 8) / 16;
  values.set([0, -0, 1e-9, 70000, -1e6], 100);
  return values;
}

const matrix = { rows: ROWS, columns: COLUMNS, blockSize: 32, symmetric: false } as const;
const eightBit = { type: 'int8', symmetric: true, reduceRange: false, axis: null } as const;
const RECIPES: Readonly<Record<string, Recipe>> = {
  'int8 per tensor': { kind: 'eight-bit', spec: eightBit, scalarZero: false },
  'uint8 per column, transposed': {
    kind: 'eight-bit',
    spec: { ...eightBit, type: 'uint8', moved: true, axis: 1, transpose: true, factor: 0.5 },
    scalarZero: true,
  },
  'asymmetric uint8 per row': {
    kind: 'eight-bit',
    spec: { ...eightBit, type: 'uint8', symmetric: false, axis: 0 },
    scalarZero: false,
  },
  'int4 columns': {
    kind: 'n-bits',
    spec: { ...matrix, bits: 4, runs: 'columns', rounding: 'nearest', factor: 1 },
  },
  'int4 rows with float16 scales': {
    kind: 'n-bits',
    spec: { ...matrix, bits: 4, runs: 'rows', rounding: 'nearest', factor: 2, scaleType: 'float16' },
  },
  'int2 by hqq': {
    kind: 'n-bits',
    spec: { ...matrix, bits: 2, runs: 'columns', rounding: 'hqq', factor: 1 },
  },
  'int4 in place': {
    kind: 'linear-blocks',
    spec: { ...matrix, rounding: 'nearest', bits: 4, runs: 'columns' },
  },
  'int8 in place': {
    kind: 'linear-blocks',
    spec: { ...matrix, rounding: 'nearest', bits: 8, runs: 'rows', symmetric: true },
  },
  float16: { kind: 'half', spec: { dtype: 'float16', largest: 65504 } },
  bfloat16: { kind: 'half', spec: { dtype: 'bfloat16', largest: 3.3895313892515355e38 } },
};

/** Bytes at an odd place of a file, as they are inside a model; `reads` counts what this thread reads. */
function inFile(bytes: Uint8Array): { source: ByteSource; reads: () => number } {
  const path = folder.at('weights.bin');
  writeFileSync(path, Buffer.concat([Buffer.alloc(7), bytes]));
  const range = rangeOf(openFile(path), 7, bytes.byteLength);
  const read = vi.fn(range.read);
  return { source: { ...range, read }, reads: () => read.mock.calls.length };
}

/** Bytes as text, which compares at once; vitest takes seconds over large arrays. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** Everything a recipe makes as tensors of bytes, by name, with what was made when asked directly. */
function lazily(recipe: Recipe, weight: Tensor) {
  const expected = Object.entries(follow(recipe, weight)).flatMap(([name, view]) =>
    view ? [[name, bytesOf(view)] as const] : [],
  );
  const parts = Object.fromEntries(
    expected.map(([name, bytes]) => [name, { dtype: 'uint8', dims: [bytes.byteLength] } as const]),
  );
  const sources = Object.entries(lazyTensors(parts, recipe, weight)).map(
    ([name, tensor]) => [name, tensor.source] as const,
  );
  return { expected: expected.map(([name, bytes]) => [name, textOf(bytes)] as const), sources };
}

async function withAhead<T>(entry: URL, work: (ahead: WorkAhead) => Promise<T>, signal?: AbortSignal) {
  const ahead = new WorkAhead(silentContext(signal ? { signal } : {}), entry, 2);
  try {
    ahead.start(1 << 30);
    return await work(ahead);
  } finally {
    await ahead.close();
  }
}

async function readInOrder(ahead: WorkAhead, sources: readonly (readonly [string, ByteSource])[]) {
  ahead.plan(sources.map(([, source]) => source));
  const bytes: (readonly [string, string])[] = [];
  for (const [name, source] of sources) {
    await ahead.ready(source);
    bytes.push([name, textOf(source.read())]);
  }
  return bytes;
}

describe('weights quantized on threads', () => {
  beforeAll(() => {
    if (!existsSync(WORKER)) throw new Error('llmc is not built: npm run build');
  });

  describe.each(Object.entries(RECIPES))('%s', (name, recipe) => {
    it('are those of this thread, read from the file by the worker alone', async () => {
      const file = inFile(bytesOf(floats(name)));
      const weight = new Tensor({ dtype: 'float32', dims: [ROWS, COLUMNS], source: file.source });
      const { expected, sources } = lazily(recipe, weight);
      const before = file.reads();
      expect(await withAhead(WORKER, (ahead) => readInOrder(ahead, sources))).toEqual(expected);
      expect(file.reads()).toBe(before);
    });

    it('are those of this thread for weights that are no range of a file', async () => {
      const values = floats(name);
      for (const source of [
        memoryBytes(bytesOf(values)),
        computedBytes(values.byteLength, () => bytesOf(values)),
      ]) {
        const weight = new Tensor({ dtype: 'float32', dims: [ROWS, COLUMNS], source });
        const { expected, sources } = lazily(recipe, weight);
        expect(await withAhead(WORKER, (ahead) => readInOrder(ahead, sources))).toEqual(expected);
        expect(textOf(bytesOf(values))).toBe(textOf(bytesOf(floats(name))));
      }
    });
  });

  it('may be float16', async () => {
    const halves = new Uint16Array(2 * ROWS * COLUMNS);
    encodeHalf(Float32Array.from([...floats('a'), ...floats('b')]), halves, { saturate: true });
    const weight = new Tensor({
      dtype: 'float16',
      dims: [2 * ROWS, COLUMNS],
      source: inFile(bytesOf(halves)).source,
    });
    const { expected, sources } = lazily(RECIPES['int8 per tensor'] as Recipe, weight);
    expect(await withAhead(WORKER, (ahead) => readInOrder(ahead, sources))).toEqual(expected);
  });

  it('make the same files, whatever order the writer takes', async () => {
    for (const externalData of ['never', 'always'] as const) {
      const [plain, threaded] = [folder.at(`plain-${externalData}`), folder.at(`threaded-${externalData}`)];
      await saveModel(quantizedModel(), join(plain), { externalData, protect: [], force: false });
      await withAhead(WORKER, (foresight) =>
        saveModel(quantizedModel(), threaded, { externalData, protect: [], force: false, foresight }),
      );
    }
    const contents = folder.contents();
    expect(contents['threaded-never']).toBe(contents['plain-never']);
    expect(contents['threaded-always.data']).toBe(contents['plain-always.data']);
  });
});

/** Twelve weights with per-row scales, which lie in the model file when the codes do not. */
function quantizedModel(): Model {
  const model = new Model(10, new Map([['', 20]]));
  for (let index = 0; index < 12; index++) {
    const weight = Tensor.of('float32', [ROWS, COLUMNS], floats(`w${index}`));
    const parts = quantizeWeight(weight, { ...eightBit, axis: index % 3 === 2 ? null : index % 3 });
    for (const [name, tensor] of Object.entries(parts))
      model.graph.addInitializer(`w${index}_${name}`, tensor);
  }
  return model;
}

describe('a thread that fails', () => {
  const recipe = RECIPES['int8 per tensor'] as Recipe;

  function script(text: string): URL {
    writeFileSync(folder.at('worker.mjs'), `import { parentPort } from 'node:worker_threads';\n${text}`);
    return pathToFileURL(folder.at('worker.mjs'));
  }

  function weight(): Tensor {
    return new Tensor({
      dtype: 'float32',
      dims: [ROWS, COLUMNS],
      source: inFile(bytesOf(floats('w'))).source,
    });
  }

  it.each([
    ['dies', "parentPort.on('message', () => process.exit(1));"],
    ['throws', "parentPort.on('message', () => { throw new Error('no'); });"],
    ['gives up', "parentPort.on('message', () => parentPort.postMessage(null));"],
    ['cannot be loaded', "import './nowhere.mjs';"],
  ])('leaves the work to the writer when it %s', async (_, text) => {
    const { expected, sources } = lazily(recipe, weight());
    expect(await withAhead(script(text), (ahead) => readInOrder(ahead, sources))).toEqual(expected);
  });

  it('leaves the work to the writer when there is none', async () => {
    const { expected, sources } = lazily(recipe, weight());
    const nowhere = pathToFileURL(folder.at('nowhere.js'));
    expect(await withAhead(nowhere, (ahead) => readInOrder(ahead, sources))).toEqual(expected);
  });

  it('does not keep the writer waiting once the run is told to stop', async () => {
    const controller = new AbortController();
    const reason = new LlmcError('INTERRUPTED', 'stopped', { hint: 'again' });
    const { sources } = lazily(recipe, weight());
    const silent = script("parentPort.on('message', () => {});");
    const reading = withAhead(silent, (ahead) => readInOrder(ahead, sources), controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    await expect(reading).rejects.toBe(reason);
  });

  it('on a file that shrank gives the error of the writer', async () => {
    const { sources } = lazily(recipe, weight());
    truncateSync(folder.at('weights.bin'), 1000);
    const reading = withAhead(WORKER, (ahead) => readInOrder(ahead, sources));
    await expect(reading).rejects.toMatchObject({ code: 'MODEL_UNREADABLE' });
  });
});
