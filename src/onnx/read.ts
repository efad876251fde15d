/** Opening a model: a file or bytes in, a Model out; weights stay on disk. */
import { dirname } from 'node:path';
import { LlmcError } from '../errors.ts';
import { type ByteSource, memoryBytes } from '../ir/bytes.ts';
import type { Model } from '../ir/model.ts';
import { allGraphs, type Captures, topologicalOrder } from '../ir/walk.ts';
import { ExternalFiles } from './external.ts';
import { openFile } from './file.ts';
import { modelFromProto } from './from-proto.ts';
import type { ModelProto } from './proto.ts';
import { modelTable } from './schema.ts';
import { modelToProto } from './to-proto.ts';
import { decode } from './wire.ts';

/** A model and the files it lives in. */
export interface OpenedModel {
  readonly model: Model;
  readonly path: string;
  /** The model file's own size. */
  readonly headerBytes: number;
  /** Data files the model refers to. */
  readonly externalFiles: readonly string[];
}

/**
 * Opens a model file. Memory grows with the structure, not with the weights.
 * @throws LlmcError FILE_NOT_FOUND, MODEL_UNREADABLE, MODEL_INVALID or EXTERNAL_DATA, naming the file
 */
export function openModel(path: string): OpenedModel {
  return aboutFile(path, () => {
    const source = openFile(path);
    if (source.byteLength === 0) throw unreadable('the file is empty');
    const external = new ExternalFiles(dirname(path));
    const model = parse(source, external);
    return { model, path, headerBytes: source.byteLength, externalFiles: external.paths };
  });
}

/** Decodes a model from memory; tensors in external files are refused. */
export function decodeModel(bytes: Uint8Array): Model {
  return parse(memoryBytes(bytes), null);
}

/** The file as plain messages, without any interpretation: for tools that compare files. */
export function decodeProto(source: ByteSource): ModelProto {
  return decode(modelTable, source) as ModelProto;
}

/** A copy of the structure; tensors are shared. */
export function cloneModel(model: Model): Model {
  return modelFromProto(modelToProto(model), { external: null });
}

function parse(source: ByteSource, external: ExternalFiles | null): Model {
  const model = modelFromProto(decodeProto(source), { external });
  const known: Captures = new Map();
  for (const graph of allGraphs(model))
    if (!topologicalOrder(graph, known))
      throw new LlmcError(
        'MODEL_INVALID',
        `graph '${graph.name}' has a cycle: nodes wait for each other's outputs`,
        {
          hint: 'no runtime can run this model; export it again',
        },
      );
  return model;
}

function unreadable(message: string): LlmcError {
  return new LlmcError('MODEL_UNREADABLE', message, { hint: 'give a .onnx file that holds a model' });
}

function aboutFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LlmcError) || error.message.includes(path)) throw error;
    throw new LlmcError(error.code, `${path}: ${error.message}`, {
      hint: error.hint,
      exitCode: error.exitCode,
      cause: error,
    });
  }
}
