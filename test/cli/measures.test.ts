/** Requirements and what commands measure: what can be judged is, everything else is refused before any work. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchmark, checkedResult } from '../../src/cli/commands/measures.ts';
import type { Measurable } from '../../src/report/measurable.ts';
import { METRIC_NAMES, quantities } from '../../src/report/quantities.ts';
import { parseRequirement } from '../../src/report/require.ts';
import { evaluate } from '../../src/report/require-judge.ts';
import { type Report, reportSchema } from '../../src/report/schema.ts';
import { npyFile, zip } from '../data/zip-writer.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { Folder } from '../support/folder.ts';
import { parseModel } from '../support/parse.ts';
import { llmc } from './harness.ts';

const folder = new Folder('measures');
const model = join(FIXTURES, 'rnn-lstm.onnx');
const data = join(FIXTURE_DATA, 'rnn-eval.npz');
let count = 0;

async function reportOf(argv: readonly string[]): Promise<Report> {
  const path = folder.at(`report-${count++}.json`);
  const { code, stderr } = await llmc([...argv, '--report', path, '--threads', '1', '--quiet']);
  expect([code, stderr.replace(/^warning: .*\n/gm, '')]).toEqual([0, '']);
  return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

function judged(name: string, report: Report): boolean {
  return evaluate(parseRequirement(`${name} >= 0`), report).actual !== 'not measured';
}

const output = () => ['-o', folder.at(`out-${count++}.onnx`)];
const quick = ['--runs', '2', '--warmup', '0'];

const RUNS: readonly (readonly [string, () => readonly string[], Measurable])[] = [
  ['quantize', () => ['quantize', model, '--scheme', 'int8-weights', ...output()], checkedResult('full')],
  [
    'quantize --check load',
    () => ['quantize', model, '--scheme', 'int8-weights', '--check', 'load', ...output()],
    checkedResult('load'),
  ],
  [
    'convert --clean',
    () => ['convert', model, '--clean', ...output()],
    { ...checkedResult('full'), names: checkedResult('full', { speed: false }).names },
  ],
  [
    'bench of one model',
    () => ['bench', model, ...quick, '--no-memory', '--cold-start'],
    benchmark({ gzip: true, memory: false, coldStart: true, data: undefined, models: 1 }),
  ],
  [
    'bench of two with data',
    () => ['bench', model, model, ...quick, '--no-gzip', '--no-memory', '--data', `${data}?limit=8`],
    benchmark({ gzip: false, memory: false, data, models: 2 }),
  ],
  [
    'inspect',
    () => ['inspect', model],
    { names: ['size', 'parameters', 'macs'], metrics: [], compared: false },
  ],
];

describe.for(RUNS)('%s', ([, argv, measurable]) => {
  it('measures what it says and nothing else', async () => {
    const report = await reportOf(argv());
    for (const name of Object.keys(quantities)) {
      // Only some recurrent operators have a known number of multiplications, only some outputs classes.
      if (name === 'agreement' || name === 'kl' || name === 'macs') continue;
      expect([name, judged(name, report)]).toEqual([name, measurable.names.includes(name)]);
      const relative = ['sqnr', 'cosine', 'maxAbsError', 'speedup'].includes(name);
      const related = measurable.names.includes(name) && measurable.compared && !relative;
      expect([name, judged(`${name}.ratio`, report)]).toEqual([name, related]);
    }
    for (const name of METRIC_NAMES) if (judged(name, report)) expect(measurable.metrics).toContain(name);
  });

  it('refuses everything else at once, with advice', async () => {
    for (const name of [...Object.keys(quantities), ...METRIC_NAMES, 'metrics.bleu']) {
      const known = measurable.names.includes(name) || measurable.metrics.includes(name);
      if (known) continue;
      const { code, stderr } = await llmc([...argv(), '--require', `${name} >= 0`]);
      expect([name, code]).toEqual([name, 2]);
      expect(stderr).toMatch(/^error REQUIREMENT: requirement ".*" names ".*", which this run does not/);
      expect(stderr).toMatch(/\nhint: .+\n$/);
    }
  });
});

describe('the advice', () => {
  const refused = async (...argv: string[]) => (await llmc(argv)).stderr.trimEnd().split('\n').at(-1);

  it.for([
    [['quantize', 'm.onnx', '--require', 'accuracy.drop <= 1%'], /llmc bench before\.onnx .*labels/],
    [['quantize', 'm.onnx', '--require', 'p50 <= 3ms'], /llmc bench measures it/],
    [['quantize', 'm.onnx', '--require', 'macs <= 3M'], /llmc inspect/],
    [['quantize', 'm.onnx', '--check', 'load', '--require', 'sqnr >= 3'], /not compared/],
    [['quantize', 'm.onnx', '--require', 'cosine.drop <= 0.1'], /write "cosine" alone/],
    [['convert', 'm.onnx', '-o', 'x.onnx', '--require', 'sqnr >= 60'], /not compared/],
    [['bench', 'm.onnx', '--require', 'size.drop <= 1KB'], /name a second model/],
    [['bench', 'm.onnx', '--require', 'speedup >= 2'], /name a second model/],
    [['bench', 'm.onnx', '--no-gzip', '--require', 'gzip <= 1MB'], /leave out --no-gzip/],
    [['bench', 'm.onnx', '--require', 'accuracy >= 0.9'], /give data with labels/],
    [
      ['bench', 'm.onnx', '--data', 'x.npz', '--require', 'f1 >= 0.9'],
      /accuracy, .*; llmc bench --metric f1 adds it/,
    ],
    [['inspect', 'm.onnx', '--require', 'size.ratio <= 1'], /llmc bench/],
  ] as const)('of %j fits', async ([argv, hint]) => {
    expect(await refused(...argv)).toMatch(hint);
  });

  it('labels that are missing are missed before anything is measured', async () => {
    const plain = folder.save('abs.onnx', parseModel('g (float[N,4] x) => (float[N,4] y) { y = Abs(x) }'));
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }";
    const x = { name: 'x.npy', data: npyFile(header, new Uint8Array(32)) };
    writeFileSync(folder.at('unlabelled.npz'), zip([x]));
    const argv = ['bench', plain, '--data', folder.at('unlabelled.npz'), '--quiet'];
    const { code, stdout, stderr } = await llmc([...argv, '--require', 'accuracy >= 0.1']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.replace(/^warning: .*\n/gm, '')).toMatch(
      /^error DATA: .*unlabelled\.npz has no labels.*\nhint: .*labels=/,
    );
  });
});
