/** Loads onnxruntime on first use (start-up of commands that run no model stays fast) and quiets its log. */
import { sep } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { LlmcError } from '../errors.ts';

let loading: Promise<typeof Ort> | undefined;

/** The onnxruntime module; LlmcError RUNTIME when its native library cannot be loaded on this machine. */
export function loadOrt(): Promise<typeof Ort> {
  loading ??= import('onnxruntime-node').then(
    (ort) => {
      // Everything worth knowing arrives as an exception; the native log would only garble stderr.
      ort.env.logLevel = 'fatal';
      return ort;
    },
    (cause: unknown) => {
      loading = undefined;
      throw new LlmcError('RUNTIME', `onnxruntime cannot be loaded: ${firstLine(cause)}`, {
        hint: `onnxruntime-node has no library for ${process.platform}-${process.arch}, or the install was incomplete; reinstall it`,
        cause,
      });
    },
  );
  return loading;
}

const LONGEST = 300;
/** Long messages tell what is the matter first and what would be right last. */
const TAIL = 100;

/**
 * A native error in one line: its first line without source locations and error codes, at most 300 characters.
 * @param folder where the model's files lie; they are called by their names alone
 */
export function firstLine(error: unknown, folder?: string): string {
  const text = error instanceof Error ? error.message : String(error);
  // The list of wrong dims is on indented lines below the message; without it the message says nothing.
  const joined = text.replace(/\n\s+index:/g, ' index:');
  const line = joined.split('\n').find((candidate) => candidate.trim() !== '') ?? 'unknown error';
  const plain = line
    .replace(/(\/|[A-Za-z]:\\)[^\s:]*onnxruntime[^\s:]*:\d+\s+[^\n]*?\)\s*(const\s*)?/g, '')
    .replace(/onnxruntime::|\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g, '')
    .replace(/^\s*Load model from .*? failed:/, '')
    .trim();
  const local = folder === undefined ? plain : plain.replaceAll(`${folder}${sep}`, '');
  if (local.length <= LONGEST) return local;
  return `${local.slice(0, LONGEST - TAIL - 5).trimEnd()} ... ${local.slice(-TAIL).trimStart()}`;
}
