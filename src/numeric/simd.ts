/** WebAssembly SIMD versions of the hottest loops, and the small memory they work in; null where there is no SIMD. */
import { SIMD_BYTES } from './simd-bytes.ts';

/** Floats each area holds. */
export const SIMD_TILE = 16384;

/** Runs shorter than this are not worth the copy to the kernels' memory. */
export const SIMD_WORTHWHILE = 256;

/** The functions of scripts/kernels/simd.ts. */
interface Kernels {
  range(count: number): number;
  countBins(count: number, low: number, scale: number, bins: number): void;
  columnRanges(rows: number, width: number): number;
  quantize(count: number, scale: number, low: number, high: number, zeroPoint: number): void;
  quantizeColumns(rows: number, width: number, qmin: number, qmax: number): void;
  transpose(rows: number, width: number, stride: number): void;
  blockExtremes(blocks: number, size: number): void;
  blockCodes(
    blocks: number,
    size: number,
    bits: number,
    packed: boolean,
    divide: boolean,
    first: boolean,
  ): void;
}

/** The kernels and their five areas of 64 KiB. */
export interface Simd extends Kernels {
  readonly input: Float32Array;
  readonly output: Uint8Array;
  /** Parameters or results. */
  readonly a: Float32Array;
  /** Parameters or results. */
  readonly b: Float32Array;
  /** `b` as integers. */
  readonly bIntegers: Int32Array;
  /** Rows to be transposed into `input`. */
  readonly rows: Float32Array;
  /** `rows` as counts. */
  readonly rowsIntegers: Uint32Array;
}

/** What is used of WebAssembly, which TypeScript declares for browsers only. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
};

let loaded: Simd | null | undefined;

/** The kernels, compiled at first use; null if WebAssembly or its SIMD is missing: use the JavaScript loops. */
export function simd(): Simd | null {
  if (loaded === undefined) loaded = load();
  return loaded;
}

function load(): Simd | null {
  try {
    const bytes = Buffer.from(SIMD_BYTES, 'base64');
    if (!WebAssembly.validate(bytes)) return null;
    const exports: unknown = new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports;
    const kernels = exports as Kernels & { readonly memory: { readonly buffer: ArrayBuffer } };
    const { buffer } = kernels.memory;
    const floats = (area: number) => new Float32Array(buffer, 4 * SIMD_TILE * area, SIMD_TILE);
    return {
      ...kernels,
      input: floats(0),
      output: new Uint8Array(buffer, 4 * SIMD_TILE, 4 * SIMD_TILE),
      a: floats(2),
      b: floats(3),
      bIntegers: new Int32Array(buffer, 12 * SIMD_TILE, SIMD_TILE),
      rows: floats(4),
      rowsIntegers: new Uint32Array(buffer, 16 * SIMD_TILE, SIMD_TILE),
    };
  } catch {
    return null; // no address space left for its memory, or WebAssembly switched off
  }
}
