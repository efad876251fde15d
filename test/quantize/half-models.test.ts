import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { asFloats } from '../../src/data/cast.ts';
import { openModel } from '../../src/onnx/read.ts';
import { saveModel } from '../../src/onnx/write.ts';
import { convertToHalf } from '../../src/quantize/half/convert.ts';
import { Outcome } from '../../src/quantize/outcome.ts';
import { openInputs } from '../../src/runtime/inputs.ts';
import { openSession, type Session } from '../../src/runtime/session.ts';
import { inferTypes } from '../../src/runtime/shapes.ts';
import { silentContext } from '../../src/step.ts';

const MODELS = fileURLToPath(new URL('../../fixtures/models', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'half-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function convert(path: string, target: string, dtype: 'float16' | 'bfloat16'): Promise<void> {
  const { model } = openModel(path);
  await inferTypes(model);
  await convertToHalf(model, { dtype, halfIo: false, select: () => null }, silentContext(), new Outcome());
  await saveModel(model, target, { protect: [path], force: false });
}

/** Signal and noise of `after` against `before` over two batches of generated inputs. */
async function sqnr(before: Session, after: Session, batch: number): Promise<number> {
  const inputs = await openInputs(before, { seed: 5, batch, rows: 2 * batch });
  let [signal, noise] = [0, 0];
  for await (const { feeds } of inputs.batches()) {
    const [exact, half] = [await before.run(feeds), await after.run(feeds)];
    for (const [name, tensor] of Object.entries(exact)) {
      expect(half[name]?.dims).toEqual(tensor.dims);
      const [a, b] = [asFloats(tensor), asFloats(half[name] ?? tensor)];
      for (const [i, value] of (a ?? []).entries()) {
        signal += value ** 2;
        noise += (value - (b?.[i] as number)) ** 2;
      }
    }
  }
  return 10 * Math.log10(signal / noise);
}

/** Lowest ratios in dB: eleven bits of precision, eight bits in weights only. */
const FLOOR = { float16: 55, bfloat16: 45 } as const;

describe.each(readdirSync(MODELS).filter((name) => name.endsWith('.onnx')))('%s', (name) => {
  it.each(['float16', 'bfloat16'] as const)(
    'in %s: half the size, close, twice the same bytes',
    async (dtype) => {
      const path = join(MODELS, name);
      const [target, again] = [join(folder, `${dtype}-${name}`), join(folder, `${dtype}-again-${name}`)];
      await convert(path, target, dtype);
      await convert(path, again, dtype);
      expect(Buffer.compare(readFileSync(target), readFileSync(again))).toBe(0);
      expect(statSync(target).size / statSync(path).size).toBeLessThan(0.56);
      const before = await openSession(path, { threads: 1 });
      for (const optimize of ['all', 'disabled'] as const) {
        const after = await openSession(target, { threads: 1, optimize });
        // Sizes of symbolic dims are still free.
        for (const batch of [1, 3]) expect(await sqnr(before, after, batch)).toBeGreaterThan(FLOOR[dtype]);
        await after.release();
      }
      await before.release();
    },
  );
});
