/** Checkpoints: everything a training needs to go on as if it had never been interrupted. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import { makeFolderOf } from '../../folder.ts';
import { sizeOf } from '../../ir/tensor.ts';
import { named } from '../../onnx/quoted.ts';
import { writeFailure } from '../../onnx/transaction.ts';
import type { CurvePoint, EvaluationPoint } from './training.ts';

export interface Checkpoint {
  readonly step: number;
  /** Evaluations since the last improvement. */
  readonly stale: number;
  readonly best: {
    readonly step: number;
    readonly value: number;
    readonly weights: ReadonlyMap<string, Float32Array>;
  } | null;
  readonly curve: readonly CurvePoint[];
  readonly evaluations: readonly EvaluationPoint[];
  /** All that is carried from step to step. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** `LLMC` and a version, little-endian. */
const MAGIC = 0x434d4c4c;
const VERSION = 1;
const FILE = 'training.ckpt';
/** Milliseconds between two checkpoints, and how many times what saving one takes: the time that is lost either way. */
const EVERY = 1000;
const TIMES = 20;

interface Header {
  readonly key: string;
  readonly step: number;
  readonly stale: number;
  readonly best: { readonly step: number; readonly value: number } | null;
  readonly curve: readonly CurvePoint[];
  readonly evaluations: readonly EvaluationPoint[];
  /** In the order of their data behind the header. */
  readonly tensors: readonly { readonly name: string; readonly dims: readonly number[] }[];
  readonly bestTensors: readonly { readonly name: string; readonly size: number }[];
}

/** The checkpoint of one training in a folder. */
export class Checkpoints {
  readonly #path: string;
  readonly #folder: string;
  readonly #key: string;
  readonly #resume: boolean;
  #last = performance.now();
  #took = 0;

  /**
   * @param key tells trainings apart: of model, data and options
   * @param resume whether to go on with a checkpoint that is there
   * @throws LlmcError WRITE_FAILED where the folder cannot be made
   */
  constructor(folder: string, key: string, resume: boolean) {
    this.#folder = folder;
    this.#path = join(folder, FILE);
    this.#key = key;
    this.#resume = resume;
    makeFolderOf('--checkpoint', folder);
  }

  /**
   * Null when there is none.
   * @throws LlmcError USAGE for one of another training, or when one is there and is not to be gone on with
   */
  async load(): Promise<Checkpoint | null> {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new LlmcError('FILE_NOT_FOUND', `cannot read ${named(this.#path)}`, {
        hint: 'check its permissions, or use another --checkpoint folder',
        cause: error,
      });
    }
    const { header, tensors, best } = decode(bytes, this.#path);
    if (header.key !== this.#key)
      throw new LlmcError('USAGE', `${named(this.#folder)} holds the checkpoint of another training`, {
        hint: 'model, data and options must be the same to go on; use another --checkpoint folder',
      });
    if (!this.#resume)
      throw new LlmcError('USAGE', `${named(this.#folder)} holds a checkpoint of step ${header.step}`, {
        hint: 'go on with --resume, or use another --checkpoint folder',
      });
    return {
      step: header.step,
      stale: header.stale,
      best: header.best && { ...header.best, weights: best },
      curve: header.curve,
      evaluations: header.evaluations,
      tensors,
    };
  }

  /** Saves when the last time is long enough ago. */
  async maybeSave(make: () => Checkpoint): Promise<void> {
    const wait = Math.max(EVERY, TIMES * this.#took);
    if (performance.now() - this.#last >= wait) await this.save(make());
  }

  /** Under another name first: there is a whole checkpoint at any time. @throws LlmcError WRITE_FAILED */
  async save(checkpoint: Checkpoint): Promise<void> {
    const began = performance.now();
    const temporary = `${this.#path}.${process.pid}`;
    try {
      const file = openSync(temporary, 'w');
      try {
        for (const part of encode(checkpoint, this.#key))
          for (let at = 0; at < part.byteLength; ) at += writeSync(file, part, at);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, this.#path);
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw writeFailure(this.#path, cause);
    }
    this.#last = performance.now();
    this.#took = this.#last - began;
  }
}

function encode({ tensors, best, ...rest }: Checkpoint, key: string): Uint8Array[] {
  const bestTensors = [...(best?.weights ?? [])];
  const header: Header = {
    key,
    ...rest,
    best: best && { step: best.step, value: best.value },
    tensors: [...tensors].map(([name, { dims }]) => ({ name, dims })),
    bestTensors: bestTensors.map(([name, { length }]) => ({ name, size: length })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(12);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(VERSION, 4);
  head.writeUInt32LE(text.byteLength, 8);
  const data = [...tensors.values()].map((tensor) => tensor.data as Float32Array);
  return [head, text, ...[...data, ...bestTensors.map(([, weights]) => weights)].map(bytesOf)];
}

function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function decode(bytes: Buffer, path: string) {
  const broken = (): LlmcError =>
    new LlmcError('DATA', `${named(path)} is no checkpoint, or a damaged one`, {
      hint: 'remove it and train again',
    });
  if (bytes.byteLength < 12 || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== VERSION)
    throw broken();
  let at = 12 + bytes.readUInt32LE(8);
  let header: Header;
  try {
    header = JSON.parse(bytes.subarray(12, at).toString()) as Header;
  } catch {
    throw broken();
  }
  const take = (size: number): Float32Array => {
    const end = at + size * 4;
    if (!(size >= 0) || end > bytes.byteLength) throw broken();
    const data = new Float32Array(size);
    bytesOf(data).set(bytes.subarray(at, end));
    at = end;
    return data;
  };
  const tensors = new Map(
    header.tensors.map(({ name, dims }): [string, HostTensor] => [
      name,
      { dtype: 'float32', dims, data: take(sizeOf(dims)) },
    ]),
  );
  const best = new Map(header.bestTensors.map(({ name, size }) => [name, take(size)]));
  return { header, tensors, best };
}
