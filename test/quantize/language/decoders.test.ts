/** Every scheme on decoders with a cache, in all forms exporters write: tied weights stay one, steps go on from the cache. */

import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { perplexity } from '../../../src/data/metrics/perplexity.ts';
import type { Model } from '../../../src/ir/model.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { openInputs } from '../../../src/runtime/inputs.ts';
import { openSession, type Session } from '../../../src/runtime/session.ts';
import { decoderModel, SMALL } from '../../support/decoder/decoder.ts';
import { allAtOnce, sample, stepByStep, type Tokens } from '../../support/decoder/run.ts';
import { FORMS, type Form } from '../../support/decoder/scope.ts';
import { Folder } from '../../support/folder.ts';
import { npz } from '../../support/npz.ts';
import { type FixedScheme, type Options, quantize } from '../../support/quantized.ts';

const folder = new Folder('decoders');
const TOKENS = { rows: 16, length: 33 };
let text: Tokens = [];
let data = '';
let base = 0;

async function open(model: Model): Promise<Session> {
  return openSession({ model: encodeModel(model) }, { threads: 1 });
}

function columns(from: number, to: number): HostTensor {
  const rows = text.map((row) => row.slice(from, to));
  return { dtype: 'int64', dims: [rows.length, to - from], data: BigInt64Array.from(rows.flat(), BigInt) };
}

async function perplexityOf(session: Session): Promise<number> {
  const score = perplexity.begin({});
  const inputs = await openInputs(session, { data, batch: TOKENS.rows });
  for await (const { feeds, labels } of inputs.batches()) {
    const { logits } = await session.run(feeds);
    score.add(logits as HostTensor, labels as HostTensor);
  }
  return score.value() ?? Number.NaN;
}

/** Text that the float model wrote. */
async function write(form: Form): Promise<void> {
  const session = await open(decoderModel({ form, vocabulary: VOCABULARY }));
  text = await sample(session, TOKENS.rows, TOKENS.length, 5);
  data = folder.at('text.npz');
  writeFileSync(data, npz({ input_ids: columns(0, TOKENS.length - 1), labels: columns(1, TOKENS.length) }));
  base = await perplexityOf(session);
  await session.release();
}

/** Scheme, options, how much perplexity may rise, and the size of the table of tokens in bytes, one copy. */
const VOCABULARY = 1024;
const TABLE = VOCABULARY * SMALL.width;
const SCHEMES: readonly (readonly [string, FixedScheme, Options, number, number])[] = [
  ['int8-dynamic', 'int8-dynamic', {}, 1.05, TABLE],
  ['int8-weights', 'int8-weights', {}, 1.02, TABLE],
  ['int8-weights as Cast', 'int8-weights', { format: 'cast' }, 1.02, TABLE],
  ['int4', 'int4', {}, 1.3, TABLE / 2],
  ['int4 in 8 bits', 'int4', { bits: 8 }, 1.01, TABLE],
  ['int4 as QDQ', 'int4', { format: 'qdq' }, 1.3, TABLE / 2],
  ['int4 with half floats', 'int4', { halfRest: true }, 1.3, TABLE / 2],
  ['fp16', 'fp16', {}, 1.001, 2 * TABLE],
  ['bf16', 'bf16', {}, 1.02, 2 * TABLE],
  ['int8', 'int8', {}, 1.05, TABLE],
];

describe.each(FORMS)('a decoder with %s attention', (form) => {
  beforeAll(() => write(form));

  it('finds likely what it wrote itself', () => {
    expect(base).toBeGreaterThan(2);
    expect(base).toBeLessThan(40);
  });

  it('runs on data that has only tokens, and on generated inputs', async () => {
    const session = await open(decoderModel({ form, vocabulary: VOCABULARY }));
    const real = await openInputs(session, { data });
    expect(real.notes.join()).toMatch(/only part of the inputs.*an empty cache \(4 inputs\)/);
    const generated = await openInputs(session, {});
    const { past_sequence_length: past, sequence_length: length } = generated.bindings;
    expect([past, length]).toEqual([64, 64]);
    for (const batch of [2, 5]) {
      const many = await openInputs(session, { batch });
      for await (const { feeds } of many.batches(batch)) {
        const { logits } = await session.run(feeds);
        expect(logits?.dims[0]).toBe(batch);
      }
    }
    await session.release();
  });

  it.each(SCHEMES)(
    '%s: steps go on from the cache, perplexity stays, tied weights are one',
    async (_, scheme, options, rise, bytes) => {
      const calibrated = scheme === 'int8' ? { data } : {};
      const { model } = await quantize(decoderModel({ form, vocabulary: VOCABULARY }), scheme, {
        ...options,
        ...calibrated,
      });
      const large = [...model.graph.initializers].filter(
        ({ tensor }) => (tensor?.byteLength ?? 0) >= TABLE / 2,
      );
      expect(large.map(({ tensor }) => tensor?.byteLength)).toEqual([bytes]);

      const session = await open(model);
      expect((await perplexityOf(session)) / base).toBeLessThan(rise);
      const few = text.slice(0, 3).map((row) => row.slice(0, 10));
      const whole = await allAtOnce(session, few);
      const last = few.flatMap((_row, at) =>
        Array.from(whole.subarray((at * 10 + 9) * VOCABULARY, (at + 1) * 10 * VOCABULARY)),
      );
      const stepped = await stepByStep(session, few, 6);
      const error = Math.max(...last.map((value, at) => Math.abs(value - (stepped[at] as number))));
      // Dynamic ranges depend on what else is in the tensor.
      const exact = scheme === 'int8-dynamic' ? 1.5 : scheme === 'fp16' || options.halfRest ? 0.05 : 1e-3;
      expect(error).toBeLessThan(exact);
      await session.release();
    },
  );
});
