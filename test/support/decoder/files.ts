/** A decoder and text it wrote itself as files, for programs that read files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { npz } from '../npz.ts';
import { type DecoderOptions, decoderModel } from './decoder.ts';
import { sample, type Tokens } from './run.ts';

export interface DecoderFiles {
  readonly model: string;
  /** Rows of tokens for calibration and others for evaluation, with the tokens that follow as labels. */
  readonly calibration: string;
  readonly evaluation: string;
}

const LENGTH = 49;

/** Writes NAME.onnx, NAME-calibration.npz and NAME-eval.npz into `folder`. */
export async function writeDecoder(
  folder: string,
  name: string,
  options: DecoderOptions,
): Promise<DecoderFiles> {
  const bytes = encodeModel(decoderModel(options));
  const files = {
    model: join(folder, `${name}.onnx`),
    calibration: join(folder, `${name}-calibration.npz`),
    evaluation: join(folder, `${name}-eval.npz`),
  };
  writeFileSync(files.model, bytes);
  const session = await openSession({ model: bytes }, {});
  writeFileSync(files.calibration, rowsOf(await sample(session, 16, LENGTH, 1)));
  writeFileSync(files.evaluation, rowsOf(await sample(session, 64, LENGTH, 2)));
  await session.release();
  return files;
}

function rowsOf(text: Tokens): Uint8Array {
  return npz({ input_ids: columns(text, 0, LENGTH - 1), labels: columns(text, 1, LENGTH) });
}

function columns(text: Tokens, from: number, to: number): HostTensor {
  const rows = text.map((row) => row.slice(from, to));
  return { dtype: 'int64', dims: [rows.length, to - from], data: BigInt64Array.from(rows.flat(), BigInt) };
}
