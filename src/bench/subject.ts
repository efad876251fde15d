/** A model under measurement: its files, names and what its graph says before anything runs. */
import { stat } from 'node:fs/promises';
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import { openModel } from '../onnx/read.ts';

export interface Subject {
  readonly name: string;
  readonly path: string;
  /** The model file, then its external data files. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly model: Model;
}

export async function openSubject(path: string, name: string): Promise<Subject> {
  const { model, externalFiles } = openModel(path);
  const files = [path, ...externalFiles];
  return { name, path, files, bytes: await totalBytes(files), model };
}

async function totalBytes(files: readonly string[]): Promise<number> {
  let total = 0;
  for (const file of files) total += (await stat(file)).size;
  return total;
}

/** The error with the model's name in front, when it is an expected one. */
export function about(subject: { readonly name: string }, error: unknown): unknown {
  if (!(error instanceof LlmcError) || error.code === 'INTERRUPTED') return error;
  if (error.message.includes(subject.name)) return error;
  return new LlmcError(error.code, `${subject.name}: ${error.message}`, {
    hint: error.hint,
    exitCode: error.exitCode,
    cause: error,
  });
}
