/** Works through damaged files one by one and prints what happened to each, one line of JSON per step. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { convertFile } from '../../dist/convert/convert.js';
import { LlmcError } from '../../dist/errors.js';
import { openModel } from '../../dist/onnx/read.js';
import { quantizeOptionsSchema } from '../../dist/quantize/options.js';
import { quantizeFile } from '../../dist/quantize/quantize.js';
import { seedFor, uniform } from '../../dist/random.js';
import { silentContext } from '../../dist/step.js';
import { mutate } from './mutate.mjs';

const { seeds, folder, first, last, check } = JSON.parse(process.argv[2]);
const originals = seeds.map(({ path }) => readFileSync(path));
const context = silentContext({ threads: 1 });
const SCHEMES = ['int8-dynamic', 'int4', 'fp16', 'int8-weights'];

mkdirSync(folder, { recursive: true });
for (let index = first; index < last; index++) {
  say({ begin: index });
  const next = uniform(seedFor('fuzz', index));
  const which = Math.floor(next() * seeds.length);
  const { kind, bytes } = mutate(originals[which], next);
  const input = join(folder, 'in.onnx');
  writeFileSync(input, bytes);
  for (const path of seeds[which].data) writeFileSync(join(folder, basename(path)), readFileSync(path));
  const before = readdirSync(folder);
  const bugs = [];
  const outcomes = {};
  const cpu = process.cpuUsage();
  for (const [name, job] of Object.entries(jobsFor(index, input))) {
    const output = join(folder, 'out.onnx');
    outcomes[name] = await attempt(() => job(output), name, bugs);
    const made = readdirSync(folder).filter((file) => !before.includes(file));
    if (outcomes[name] !== 'done' && made.length > 0) bugs.push(`${name} failed and left ${made.join(', ')}`);
    if (made.some((file) => !file.startsWith('out.onnx'))) bugs.push(`${name} left ${made.join(', ')}`);
    for (const file of made) rmSync(join(folder, file), { recursive: true });
  }
  const { user, system } = process.cpuUsage(cpu);
  for (const file of before) rmSync(join(folder, file), { recursive: true });
  const seed = basename(seeds[which].path);
  say({
    end: index,
    seed,
    kind,
    outcomes,
    bugs,
    ms: (user + system) / 1000,
    rss: process.resourceUsage().maxRSS * 1024,
  });
}

function jobsFor(index, input) {
  const scheme = SCHEMES[index % SCHEMES.length];
  // Half precision runs the model to see its ranges, unless told not to: a damaged one may compute for minutes.
  const level = scheme === 'fp16' ? 'none' : check;
  const options = quantizeOptionsSchema.parse({ scheme, check: level, target: 'portable' });
  return {
    open: () => openModel(input),
    convert: (output) => convertFile(convertJob(input, output, index), context),
    [scheme]: (output) =>
      quantizeFile({ input, output, options, layout: {}, force: false, checksum: false }, scheme, context),
  };
}

function convertJob(input, output, index) {
  const layout = { externalData: index % 3 === 0 ? 'always' : 'auto' };
  return {
    input,
    output,
    clean: index % 2 === 0,
    strip: index % 4 === 0,
    opset: null,
    check,
    layout,
    force: false,
  };
}

async function attempt(job, name, bugs) {
  try {
    await job();
    return 'done';
  } catch (error) {
    if (error instanceof LlmcError) return error.code;
    bugs.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    return 'BUG';
  }
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
