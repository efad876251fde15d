/** Parses the header of numpy's .npy format, versions 1 to 3 (numpy/lib/format.py documents it). */
import { LlmcError } from '../../errors.ts';
import { elementCount } from '../host-tensor.ts';

export interface NpyHeader {
  /** ONNX lower-case element type. */
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly itemSize: number;
  readonly bigEndian: boolean;
  /** Column-major storage; never set for arrays of rank below 2, where both orders are the same. */
  readonly fortran: boolean;
  /** Offset of the first element. */
  readonly dataStart: number;
}

/** Longest header read; numpy itself refuses headers above 10,000 bytes. */
export const NPY_HEADER_LIMIT = 65536;

const dtypes: Readonly<Record<string, string>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

/**
 * The header from the first bytes of a file. `name` is what messages call the array, its file among it. LlmcError DATA for anything that
 * is no plain numeric array: pickled objects, structured types, strings, complex numbers, damage.
 */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const magic = bytes.length >= 10 && bytes[0] === 0x93 && latin(bytes.subarray(1, 6)) === 'NUMPY';
  if (!magic) throw invalid(name, 'it is not in .npy format');
  const major = bytes[6] as number;
  if (major < 1 || major > 3) throw invalid(name, `it has .npy version ${major}; 1 to 3 are known`);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = major > 1;
  if (wide && bytes.length < 12) throw invalid(name, 'its header is truncated');
  const length = wide ? data.getUint32(8, true) : data.getUint16(8, true);
  const start = wide ? 12 : 10;
  if (start + length > bytes.length) throw invalid(name, 'its header is truncated or absurdly long');
  const text = latin(bytes.subarray(start, start + length));
  const { descr, fortran, shape } = parseDict(text, name);
  const { dtype, itemSize, bigEndian } = parseDescr(descr, name);
  if (!Number.isSafeInteger(elementCount(shape) * itemSize)) throw invalid(name, 'its shape is absurd');
  return {
    dtype,
    dims: shape,
    itemSize,
    bigEndian,
    fortran: fortran && shape.length > 1,
    dataStart: start + length,
  };
}

function invalid(name: string, why: string, hint = 'save it with numpy.save or numpy.savez'): LlmcError {
  return new LlmcError('DATA', `cannot read ${name}: ${why}`, { hint });
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The header is a Python dict literal with exactly these three keys, in any order. */
function parseDict(text: string, name: string): { descr: string; fortran: boolean; shape: number[] } {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d\sL,]*)\)/.exec(text);
  if (!/^\s*\{.*\}\s*$/s.test(text) || !descr || !order || !shape)
    throw invalid(name, 'its header is damaged');
  if (descr[2] !== undefined)
    throw invalid(name, 'structured types are not supported', 'save one array per field');
  const parts = (shape[1] ?? '').split(',').map((part) => part.trim().replace(/L$/, ''));
  if (parts.at(-1) === '') parts.pop();
  const dims = parts.map(Number);
  if (parts.includes('') || !dims.every(Number.isSafeInteger)) throw invalid(name, 'its header is damaged');
  return { descr: descr[1] ?? '', fortran: order[1] === 'True', shape: dims };
}

function parseDescr(descr: string, name: string): { dtype: string; itemSize: number; bigEndian: boolean } {
  const parts = /^([<>|=]?)([a-zA-Z])(\d*)/.exec(descr);
  const kind = parts?.[2] ?? '';
  const dtype = Object.hasOwn(dtypes, `${kind}${parts?.[3]}`) ? dtypes[`${kind}${parts?.[3]}`] : undefined;
  if (dtype !== undefined && parts?.[0] === descr) {
    return { dtype, itemSize: Number(parts[3]), bigEndian: parts[1] === '>' };
  }
  if (kind === 'O') {
    throw invalid(name, 'it holds pickled Python objects', 'save plain numeric arrays; pickles can run code');
  }
  throw invalid(
    name,
    `element type "${descr}" is not supported`,
    `supported: ${Object.keys(dtypes).join(' ')}`,
  );
}
