/** Writes small zip archives for tests, correct ones and hostile ones. */
import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../src/data/formats/crc32.ts';

export interface EntryInit {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  /** Values to lie about. */
  readonly size?: number;
  readonly offset?: number;
  readonly method?: number;
  readonly flags?: number;
  /** Write sizes and offset in a zip64 extra field. */
  readonly zip64?: boolean;
}

function record(
  length: number,
  fields: readonly (readonly [at: number, bytes: 2 | 4 | 8, value: number])[],
): Buffer {
  const buffer = Buffer.alloc(length);
  for (const [at, bytes, value] of fields) {
    if (bytes === 2) buffer.writeUInt16LE(value, at);
    else if (bytes === 4) buffer.writeUInt32LE(value, at);
    else buffer.writeBigUInt64LE(BigInt(value), at);
  }
  return buffer;
}

export function zip(entries: readonly EntryInit[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const bytes = entry.deflate ? deflateRawSync(entry.data) : Buffer.from(entry.data);
    const method = entry.method ?? (entry.deflate ? 8 : 0);
    const crc = crc32(entry.data);
    const size = entry.size ?? entry.data.length;
    const offset = entry.offset ?? at;
    const wide = entry.zip64 ? 0xffffffff : null;
    const extra = entry.zip64
      ? record(28, [
          [0, 2, 1],
          [2, 2, 24],
          [4, 8, size],
          [12, 8, bytes.length],
          [20, 8, offset],
        ])
      : Buffer.alloc(0);
    const local = record(30, [
      [0, 4, 0x04034b50],
      [8, 2, method],
      [14, 4, crc],
      [18, 4, bytes.length],
      [22, 4, size],
      [26, 2, name.length],
    ]);
    parts.push(local, name, bytes);
    at += 30 + name.length + bytes.length;
    const central = record(46, [
      [0, 4, 0x02014b50],
      [8, 2, entry.flags ?? 0],
      [10, 2, method],
      [16, 4, crc],
      [20, 4, wide ?? bytes.length],
      [24, 4, wide ?? size],
      [28, 2, name.length],
      [30, 2, extra.length],
      [42, 4, wide ?? offset],
    ]);
    directory.push(central, name, extra);
  }
  const table = Buffer.concat(directory);
  const end = record(22, [
    [0, 4, 0x06054b50],
    [8, 2, entries.length],
    [10, 2, entries.length],
    [12, 4, table.length],
    [16, 4, at],
  ]);
  return Buffer.concat([...parts, table, end]);
}

/** A .npy file: header text as given, then the data. */
export function npyFile(header: string, data: Uint8Array, version: 1 | 2 | 3 = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, 'latin1');
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, text, data]);
}
