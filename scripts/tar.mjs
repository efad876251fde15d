/** Reads the regular files of a tar archive held in memory: ustar, pax and GNU long names; nothing is written here. */

const BLOCK = 512;

/**
 * Lists the regular files of an uncompressed tar archive.
 * @param {Buffer} archive
 * @returns {Generator<{ path: string, bytes: Buffer }>} `bytes` is a view into `archive`
 * @throws {Error} on a broken header checksum, an odd number or an entry reaching past the end
 */
export function* tarFiles(archive) {
  let longPath;
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[0] === 0) return; // the end is marked by blocks of zeros
    checkSum(header);
    const size = octal(header, 124, 12);
    const start = at + BLOCK;
    if (start + size > archive.length) throw new Error('the archive is cut off');
    const bytes = archive.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;

    const type = String.fromCharCode(header[156]);
    if (type === 'x') longPath = paxPath(bytes) ?? longPath;
    else if (type === 'L') longPath = text(bytes, 0, bytes.length);
    else if (type !== 'g') {
      if (type === '0' || type === '\0') yield { path: longPath ?? ustarPath(header), bytes };
      longPath = undefined;
    }
  }
}

/** The sum of all header bytes, its own field counted as spaces, must equal the stored one. */
function checkSum(header) {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i];
  if (sum !== octal(header, 148, 8)) throw new Error('the archive has a damaged header');
}

function ustarPath(header) {
  const name = text(header, 0, 100);
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The `path` of a pax header: records "LENGTH key=value\n", LENGTH in bytes and counting itself. */
function paxPath(bytes) {
  let path;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length <= 0)
      throw new Error('the archive has a damaged header');
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    if (record.startsWith('path=')) path = record.slice('path='.length);
    at += length;
  }
  return path;
}

function octal(bytes, start, length) {
  const digits = text(bytes, start, length).trim();
  if (!/^[0-7]*$/.test(digits)) throw new Error('the archive has a damaged header');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function text(bytes, start, length) {
  const end = bytes.indexOf(0, start);
  return bytes.toString('utf8', start, end < 0 || end > start + length ? start + length : end);
}
