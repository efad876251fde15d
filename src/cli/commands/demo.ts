/** `llmc demo`: inspects, quantizes, measures and reports the embedded model, offline. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bench } from '../../bench/bench.ts';
import { onInterrupt } from '../../cleanup.ts';
import { LlmcError } from '../../errors.ts';
import { makeFolderOf } from '../../folder.ts';
import { weightBytes } from '../../onnx/layout.ts';
import { openModel } from '../../onnx/read.ts';
import { DEFAULTS } from '../../quantize/defaults.ts';
import { quantizeFile } from '../../quantize/quantize.ts';
import { formatBytes } from '../../report/units.ts';
import type { Handler } from '../command.ts';
import type { demoSpec } from './demo.options.ts';
import { benchmark } from './measures.ts';

/** What is embedded: a sentiment classifier and held-out sentences with labels (fixtures/README.md). */
const EMBEDDED = new URL('../../../fixtures/demo/', import.meta.url);

/** `cast` lets onnxruntime unfold the weights while loading: small in the file, full speed. */
const SCHEMES = [
  { scheme: 'int8-dynamic' },
  { scheme: 'int8-weights', format: 'cast' },
  { scheme: 'int4' },
] as const;

export const run: Handler<typeof demoSpec> = async ({ options }, io) => {
  io.measures(benchmark({ gzip: true, memory: true, data: 'eval.npz', models: 1 + SCHEMES.length }));
  if (options.keep !== undefined) makeFolderOf('--keep', options.keep);
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'llmc-demo-'));
  const remove = (): void => {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const release = onInterrupt(remove);
  try {
    const [model, data] = ['model.onnx', 'eval.npz'].map((name) => embedded(name, folder)) as [
      string,
      string,
    ];
    const say = (text: string): void => {
      if (!io.common.json && !io.common.quiet) io.stderr(`${text}\n`);
    };
    say('1. inspect: what is in the model');
    say(`   ${summary(model)}`);
    say('2. quantize: three schemes, each checked against the original on real data');
    const steps = [];
    const paths = [model];
    for (const request of SCHEMES) {
      const { scheme } = request;
      const output = join(folder, `model.${scheme}.onnx`);
      const quantizeOptions = {
        ...DEFAULTS,
        ...request,
        include: [],
        exclude: [],
        int8Layers: [],
        transforms: [],
        correctBiases: true,
        dims: {},
        data,
      };
      const job = {
        input: model,
        output,
        options: quantizeOptions,
        layout: {},
        force: true,
        checksum: false,
      };
      const { warn: _, ...rest } = io.context;
      // The benchmark below tells what these warnings would.
      const result = await quantizeFile(job, scheme, { ...rest, warn: () => {} });
      say(`   ${scheme}: ${result.comparison.sizeRatio.toFixed(2)}x the size`);
      steps.push(...result.steps);
      paths.push(output);
    }
    say('3. bench: all of them, interleaved, on the same data');
    const measured = await bench(paths, { data: `${data}?limit=256`, timeMs: 1000 }, io.context);
    return await io.finish({
      version: 1,
      tool: io.tool,
      command: 'demo',
      ...measured,
      steps,
      requirements: [],
      warnings: [],
    });
  } finally {
    remove();
    release();
  }
};

/** One line; `llmc inspect` says it all. */
function summary(path: string): string {
  const { model } = openModel(path);
  const inputs = model.graph.inputs.map((value) => value.name).join(', ');
  return `opset ${model.opset}, ${model.graph.nodeCount} nodes, ${formatBytes(weightBytes(model))} of weights, inputs ${inputs}`;
}

function embedded(name: string, folder: string): string {
  const target = join(folder, name);
  try {
    copyFileSync(fileURLToPath(new URL(name, EMBEDDED)), target);
  } catch (cause) {
    throw new LlmcError('WRITE_FAILED', `the embedded ${name} cannot be copied to ${folder}`, {
      hint: 'choose a folder that can be written to with --keep',
      cause,
    });
  }
  return target;
}
