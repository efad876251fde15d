/** Saving a model: streamed to a temporary folder, checked, flushed, renamed; the old state stays until then. */
import { basename, dirname, join } from 'node:path';
import { LlmcError } from '../errors.ts';
import type { ByteSource } from '../ir/bytes.ts';
import type { Model } from '../ir/model.ts';
import { type Encoded, encode } from './encode.ts';
import { type DataFile, Layout, type LayoutOptions, needsDataFiles } from './layout.ts';
import { modelTable } from './schema.ts';
import { FileStream, type StreamOptions } from './stream.ts';
import { modelToProto } from './to-proto.ts';
import { type TargetOptions, Transaction, writeFailure } from './transaction.ts';

export interface SaveOptions extends Partial<LayoutOptions>, Partial<StreamOptions>, TargetOptions {
  /** Runs on the finished files before they are moved into place; throwing refuses the result. */
  readonly check?: (path: string) => Promise<void>;
  /** Entries of the model's metadata that are added or replaced. */
  readonly metadata?: ReadonlyMap<string, string> | undefined;
}

export interface SavedModel {
  readonly path: string;
  /** `path` and the data files beside it. */
  readonly files: readonly string[];
  /** Model file and data files together. */
  readonly byteLength: number;
}

export const DEFAULT_ALIGN = 4096;

/** What protobuf readers accept as one message. */
const LARGEST_FILE = 2 ** 31 - 1;

function tooLarge(external: boolean): LlmcError {
  return new LlmcError('UNSUPPORTED', 'the model file would be above 2 GB, which no runtime reads', {
    hint: external
      ? 'its structure or the tensors inside its nodes are too large; turn them into initializers (--clean)'
      : 'use --external-data always',
  });
}

/**
 * Writes the model to `target` and its data files beside it.
 * @throws LlmcError FILE_EXISTS, WRITE_FAILED, USAGE or UNSUPPORTED (above 2 GB); whatever `check` throws
 */
export async function saveModel(model: Model, target: string, options: SaveOptions): Promise<SavedModel> {
  for (const [key, value] of options.metadata ?? []) model.metadata.set(key, value);
  const layoutOptions: LayoutOptions = {
    externalData: options.externalData ?? 'auto',
    shardBytes: options.shardBytes ?? null,
    alignBytes: options.alignBytes ?? DEFAULT_ALIGN,
  };
  const streamOptions: StreamOptions = {
    signal: options.signal ?? new AbortController().signal,
    onBytes: options.onBytes ?? (() => {}),
    foresight: options.foresight,
  };
  const name = basename(target);
  const layout = needsDataFiles(model, layoutOptions) ? new Layout(name, layoutOptions) : null;
  const encoded = encode(modelTable, modelToProto(model, layout?.place));
  if (encoded.byteLength > LARGEST_FILE) throw tooLarge(layout !== null);
  const dataFiles = (layout?.files ?? []).map((file) => file.name);
  const transaction = new Transaction(target, options);
  try {
    transaction.claim(dataFiles);
    options.foresight?.plan(sourcesInOrder(layout?.files ?? [], encoded));
    for (const file of layout?.files ?? [])
      await writeFile(transaction.path(file.name), streamOptions, async (stream) => {
        for (const { offset, source } of file.parts) {
          await stream.padTo(offset);
          await stream.write(source);
        }
      });
    await writeFile(transaction.path(name), streamOptions, async (stream) => {
      for (const part of encoded.parts) await stream.write(part);
    });
    await options.check?.(transaction.path(name));
    streamOptions.signal.throwIfAborted();
    await transaction.commit([...dataFiles, name]);
    const data = (layout?.files ?? []).reduce((sum, file) => sum + file.byteLength, 0);
    const files = [target, ...dataFiles.map((file) => join(dirname(target), file))];
    return { path: target, files, byteLength: encoded.byteLength + data };
  } catch (cause) {
    transaction.dispose();
    throw writeFailure(target, cause);
  }
}

/** What will be read, in order: data files first, then the model file. */
function sourcesInOrder(files: readonly DataFile[], encoded: Encoded): ByteSource[] {
  const outside = files.flatMap((file) => file.parts.map((part) => part.source));
  const inside = encoded.parts.flatMap((part) => (part instanceof Uint8Array ? [] : part));
  return [...outside, ...inside];
}

async function writeFile(
  path: string,
  options: StreamOptions,
  fill: (stream: FileStream) => Promise<void>,
): Promise<void> {
  const stream = await FileStream.create(path, options);
  try {
    await fill(stream);
  } catch (error) {
    await stream.abandon();
    throw error;
  }
  await stream.finish();
}

/** The model as one protobuf in memory; for small models and for graphs built to be run. */
export function encodeModel(model: Model): Uint8Array {
  return joinParts(encode(modelTable, modelToProto(model)));
}

/** The bytes of an encoded message. */
export function joinParts(encoded: Encoded): Uint8Array {
  return Buffer.concat(encoded.parts.map((part) => (part instanceof Uint8Array ? part : part.read())));
}
