/**
 * Every real model under every scheme: the result loads and stays close, or is refused with a reason and loads with
 * --force; no float is left without a reason. Prints size and fidelity of each.
 */

import { statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { LlmcError } from '../../src/errors.ts';
import type { DType } from '../../src/ir/dtype.ts';
import { openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { quantizeOptionsSchema } from '../../src/quantize/options.ts';
import { quantizeFile } from '../../src/quantize/quantize.ts';
import { FidelityMeter } from '../../src/runtime/fidelity.ts';
import { openSession } from '../../src/runtime/session.ts';
import { silentContext } from '../../src/step.ts';
import { unaccounted } from '../support/accounting.ts';
import { corpusFeeds } from '../support/corpus-feeds.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';
import { orSkip } from '../support/same-outputs.ts';
import { realModels } from '../support/subjects.ts';

const FLOATS: readonly DType[] = ['float32', 'float16', 'bfloat16', 'float64'];
const WIDE: readonly DType[] = ['float32', 'float64'];

const SETTINGS: readonly (readonly [FixedScheme, Options, readonly DType[]])[] = [
  ['int8-dynamic', { target: 'portable' }, FLOATS],
  ['int8-dynamic', { target: 'web' }, FLOATS],
  ['int8-weights', {}, FLOATS],
  ['int8-weights', { format: 'cast' }, FLOATS],
  ['int4', {}, FLOATS],
  ['int4', { format: 'qdq' }, FLOATS],
  ['int4', { halfRest: true }, WIDE],
  ['fp16', {}, WIDE],
  ['bf16', {}, WIDE],
  ['int8', {}, FLOATS],
  ['int8', { format: 'qoperator' }, FLOATS],
];

const folder = new Folder('schemes');
const lines: string[] = [];
afterAll(() => {
  process.stdout.write(`${lines.join('\n')}\n`);
});

describe.for(realModels())('$id', ({ id, path }) => {
  it.for(SETTINGS.map((setting) => [`${setting[0]} ${JSON.stringify(setting[1])}`, setting] as const))(
    '%s',
    async ([title, [scheme, own, floats]], context) => {
      const before = await orSkip(openSession(path, { threads: 1 }), context);
      const feeds = corpusFeeds(id.replace(/^fixture\//, ''), before.inputs);
      const options = scheme === 'int8' ? { ...own, data: saved(id, feeds) } : own;
      const { model } = openModel(path);
      const { outcome } = await quantize(model, scheme, options);
      expect(unaccounted(model, outcome.skipped, floats)).toEqual([]);
      const bytes = encodeModel(model);

      const output = folder.at(`${lines.length}.onnx`);
      const verdict = await written(path, output, scheme, options);
      const ratio = (statSync(output).size / statSync(path).size).toFixed(2);

      const after = await openSession({ model: bytes }, { threads: 1 });
      try {
        const meter = new FidelityMeter(before.outputs, after.outputs);
        meter.add(await orSkip(before.run(feeds), context), await after.run(feeds), 1);
        const fidelity = meter.result('input', true);
        const sqnr = fidelity?.sqnrDb == null ? 'equal' : `${fidelity.sqnrDb.toFixed(1)} dB`;
        lines.push(`${id.padEnd(44)} ${title.padEnd(36)} ${ratio}x  ${sqnr.padStart(9)}  ${verdict}`);
      } finally {
        await Promise.all([before.release(), after.release()]);
      }
    },
  );
});

/** The inputs as a file, to measure ranges with: the same ones, for it is the rewriting that is looked at here. */
function saved(id: string, feeds: Readonly<Record<string, HostTensor>>): string {
  const path = folder.at(`${id.replaceAll('/', '-')}.npz`);
  writeFileSync(path, npz(feeds));
  return path;
}

/** Writes the result with the full check; one that is refused must have a reason, and load all the same. */
async function written(
  input: string,
  output: string,
  scheme: FixedScheme,
  options: Options,
): Promise<string> {
  const parsed = quantizeOptionsSchema.parse({ target: 'portable', ...options, scheme, samples: 4 });
  const job = { input, output, options: parsed, layout: {}, force: false, checksum: false };
  try {
    await quantizeFile(job, scheme, silentContext());
    return 'kept';
  } catch (error) {
    if (!(error instanceof LlmcError)) throw error;
    expect(error).toMatchObject({ code: 'CHECK_FAILED', hint: expect.stringContaining('--') });
    await quantizeFile({ ...job, force: true }, scheme, silentContext());
    return error.message.split('\n')[0] ?? '';
  }
}
