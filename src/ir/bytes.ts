/** ByteSource: bytes that stay where they are until somebody asks for them. */

/** Some bytes, maybe on disk, maybe not computed yet. `byteLength` never does I/O. */
export interface ByteSource {
  readonly byteLength: number;
  /**
   * The bytes [start, end), whole by default. May be a view: callers never write to it.
   * A computed source produces its bytes at each call, so a caller that needs them twice keeps them.
   */
  read(start?: number, end?: number): Uint8Array;
  /** Set when the bytes are a range of a file, so that a writer can copy range to range. */
  readonly file?: FileRange;
  /** Set when reading means computing: nobody reads such a source before its turn to be written. */
  readonly computed?: boolean;
}

/** Where bytes lie in a file. */
export interface FileRange {
  readonly path: string;
  readonly offset: number;
  /** The open file, for other threads of this process; it stays open as long as the source exists. */
  readonly descriptor?: number;
}

/** Bytes already in memory; `read` is a view. */
export function memoryBytes(data: Uint8Array): ByteSource {
  return {
    byteLength: data.byteLength,
    read: (start = 0, end = data.byteLength) => data.subarray(start, end),
  };
}

/** The bytes under a typed array, little-endian as all supported platforms are. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Bytes made when they are needed (at write time), e.g. a quantized weight; `make` must return `byteLength` bytes. */
export function computedBytes(byteLength: number, make: () => Uint8Array): ByteSource {
  return {
    byteLength,
    computed: true,
    read: (start = 0, end = byteLength) => {
      const data = make();
      if (data.byteLength !== byteLength)
        throw new Error(`computed bytes: promised ${byteLength}, made ${data.byteLength}`);
      return start === 0 && end === byteLength ? data : data.subarray(start, end);
    },
  };
}
