/** Reads zip archives (stored and deflated entries, zip64) defensively: the central directory first, then ranges. */
import { constants as bufferConstants } from 'node:buffer';
import { freemem } from 'node:os';
import { promisify } from 'node:util';
import { constants, inflateRaw, inflateRawSync } from 'node:zlib';
import { LlmcError } from '../../errors.ts';
import { fileSize, readRange } from '../file-range.ts';
import { crc32 } from './crc32.ts';

export interface ZipEntry {
  readonly name: string;
  readonly stored: boolean;
  /** File offset of the entry's bytes, after its local header. */
  readonly start: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
}

const EOCD = 0x06054b50;
const EOCD64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** No deflate stream grows by more than this factor (RFC 1951: a 258-byte match costs at least 2 bits). */
const MAX_RATIO = 1032;
const MAX_DIRECTORY = 64 * 2 ** 20;

/** LlmcError DATA for a damaged or hostile archive. */
function damaged(path: string, why: string, cause?: unknown): LlmcError {
  return new LlmcError('DATA', `${path} is not a usable zip archive: ${why}`, {
    hint: 'write the file again, for example with numpy.savez',
    cause,
  });
}

/**
 * The entries of the archive at `path`. Rejected: encryption, several disks, other compression methods, names that
 * leave the folder, entries that overlap or lie outside the file, sizes deflate cannot produce.
 */
export async function openZip(path: string): Promise<ZipEntry[]> {
  const total = await fileSize(path);
  const directory = await findDirectory(path, total);
  if (directory.size > MAX_DIRECTORY) throw damaged(path, 'its directory is absurdly large');
  if (directory.start + directory.size > total) throw damaged(path, 'its directory lies outside the file');
  const bytes = await readRange(path, directory.start, directory.size);
  const headers = parseDirectory(path, bytes, directory.count);
  const entries: ZipEntry[] = [];
  let end = 0;
  for (const header of headers.sort((a, b) => a.offset - b.offset)) {
    if (header.offset < end) throw damaged(path, `"${header.entry.name}" overlaps another entry`);
    const start = await dataStart(path, header, directory.start);
    end = start + header.entry.compressedSize;
    if (end > directory.start) throw damaged(path, `"${header.entry.name}" lies outside the file`);
    entries.push({ ...header.entry, start });
  }
  return entries;
}

/** All bytes of an entry, checked against its size and CRC. */
export async function readEntry(path: string, entry: ZipEntry): Promise<Uint8Array> {
  const raw = await readRange(path, entry.start, entry.compressedSize);
  let bytes = raw;
  if (!entry.stored) {
    requireMemory(path, entry);
    try {
      bytes = await promisify(inflateRaw)(raw, { maxOutputLength: Math.max(1, entry.size) });
    } catch (cause) {
      throw damaged(path, `"${entry.name}" does not inflate to its stated size`, cause);
    }
  }
  if (bytes.length !== entry.size) throw damaged(path, `"${entry.name}" does not inflate to its stated size`);
  if (crc32(bytes) !== entry.crc) throw damaged(path, `the checksum of "${entry.name}" is wrong`);
  return bytes;
}

/** A few kilobytes can inflate to gigabytes, all of which must be held. */
function requireMemory(path: string, { name, size }: ZipEntry): void {
  const free = process.availableMemory?.() ?? freemem();
  if (size <= Math.min(free / 2, bufferConstants.MAX_LENGTH)) return;
  throw new LlmcError(
    'DATA',
    `"${name}" in ${path} inflates to ${(size / 1e9).toFixed(1)} GB: more than memory allows`,
    {
      hint: 'write it without compression (numpy.savez), which is read row by row, or write fewer rows',
    },
  );
}

/** The first bytes of an entry, at most `length`, without its checksum: enough for a header. */
export async function readEntryStart(path: string, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const raw = await readRange(path, entry.start, Math.min(entry.compressedSize, length));
  if (entry.stored) return raw;
  try {
    const finishFlush = constants.Z_SYNC_FLUSH;
    return inflateRawSync(raw, { finishFlush, maxOutputLength: raw.length * MAX_RATIO + 64 }).subarray(
      0,
      length,
    );
  } catch (cause) {
    throw damaged(path, `"${entry.name}" does not inflate`, cause);
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function big(path: string, data: DataView, offset: number): number {
  const value = data.getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(path, 'a size or offset is absurd');
  return Number(value);
}

interface Directory {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

async function findDirectory(path: string, total: number): Promise<Directory> {
  // The end record is 22 bytes plus a comment of at most 65,535; a zip64 locator of 20 bytes may precede it.
  const tailLength = Math.min(total, 22 + 65535 + 20);
  const tailStart = total - tailLength;
  const tail = view(await readRange(path, tailStart, tailLength));
  let at = tail.byteLength - 22;
  while (
    at >= 0 &&
    !(tail.getUint32(at, true) === EOCD && at + 22 + tail.getUint16(at + 20, true) <= tail.byteLength)
  ) {
    at--;
  }
  if (at < 0) throw damaged(path, 'it has no end record');
  if (tail.getUint16(at + 4, true) !== 0 || tail.getUint16(at + 6, true) !== 0) {
    throw damaged(path, 'it is split over several files');
  }
  const count = tail.getUint16(at + 10, true);
  const size = tail.getUint32(at + 12, true);
  const start = tail.getUint32(at + 16, true);
  if (count !== 0xffff && size !== 0xffffffff && start !== 0xffffffff) return { start, size, count };
  if (at < 20 || tail.getUint32(at - 20, true) !== LOCATOR64) return { start, size, count };
  const end = big(path, tail, at - 20 + 8);
  if (end + 56 > total) throw damaged(path, 'its zip64 end record lies outside the file');
  const record = view(await readRange(path, end, 56));
  if (record.getUint32(0, true) !== EOCD64) throw damaged(path, 'it has no zip64 end record');
  return { count: big(path, record, 32), size: big(path, record, 40), start: big(path, record, 48) };
}

interface Header {
  readonly entry: Omit<ZipEntry, 'start'>;
  readonly offset: number;
}

function parseDirectory(path: string, bytes: Uint8Array, count: number): Header[] {
  const headers: Header[] = [];
  const seen = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { header, next } = parseHeader(path, bytes, at);
    if (seen.has(header.entry.name)) throw damaged(path, `"${header.entry.name}" appears twice`);
    seen.add(header.entry.name);
    headers.push(header);
    at = next;
  }
  return headers;
}

function parseHeader(path: string, bytes: Uint8Array, at: number): { header: Header; next: number } {
  const data = view(bytes);
  if (at + 46 > bytes.length || data.getUint32(at, true) !== CENTRAL)
    throw damaged(path, 'its directory is damaged');
  const nameLength = data.getUint16(at + 28, true);
  const extraLength = data.getUint16(at + 30, true);
  const next = at + 46 + nameLength + extraLength + data.getUint16(at + 32, true);
  if (next > bytes.length) throw damaged(path, 'its directory is damaged');
  const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
  if (data.getUint16(at + 8, true) & 1) throw damaged(path, `"${name}" is encrypted`);
  if (/^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)|\0/.test(name))
    throw damaged(path, `"${name}" leaves the folder`);
  const method = data.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) throw damaged(path, `"${name}" uses compression method ${method}`);
  // Fields that overflow 32 bits hold all ones; the real values stand in the zip64 extra field, in this order.
  const fields = [
    data.getUint32(at + 24, true),
    data.getUint32(at + 20, true),
    data.getUint32(at + 42, true),
  ];
  const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
  const [size, compressedSize, offset] = widen(path, fields, extra) as [number, number, number];
  const stored = method === 0;
  if (stored ? size !== compressedSize : size > compressedSize * MAX_RATIO + 64) {
    throw damaged(path, `"${name}" states an impossible size`);
  }
  const entry = { name, stored, size, compressedSize, crc: data.getUint32(at + 16, true) };
  return { header: { entry, offset }, next };
}

function widen(path: string, fields: readonly number[], extra: Uint8Array): number[] {
  if (!fields.includes(0xffffffff)) return [...fields];
  const data = view(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + data.getUint16(at + 2, true)) {
    if (data.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    const end = Math.min(extra.length, next + data.getUint16(at + 2, true));
    return fields.map((field) => {
      if (field !== 0xffffffff) return field;
      if (next + 8 > end) throw damaged(path, 'a zip64 field is missing');
      next += 8;
      return big(path, data, next - 8);
    });
  }
  throw damaged(path, 'a zip64 field is missing');
}

async function dataStart(path: string, header: Header, limit: number): Promise<number> {
  if (header.offset + 30 > limit) throw damaged(path, `"${header.entry.name}" lies outside the file`);
  const local = view(await readRange(path, header.offset, 30));
  if (local.getUint32(0, true) !== LOCAL) throw damaged(path, `"${header.entry.name}" has no local header`);
  return header.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
}
