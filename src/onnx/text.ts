/** UTF-8 that survives a round trip even when a file's strings are not UTF-8. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ESCAPE = 0xdc00;
// With the u flag a low surrogate matches only where no high one is before it, and no real text has that.
const ESCAPED = /[\udc80-\udcff]/u;
const ESCAPED_RUNS = /([\udc80-\udcff]+)/u;

/** Decodes; bytes that are not UTF-8 become lone surrogates U+DC80..U+DCFF (as Python's surrogateescape). */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    const codes = new Uint16Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      codes[i] = byte < 0x80 ? byte : ESCAPE + byte;
    }
    return Buffer.from(codes.buffer).toString('utf16le');
  }
}

/** The inverse of `decodeText`; also of names llmc made by adding to an escaped one. */
export function encodeText(text: string): Uint8Array {
  if (!ESCAPED.test(text)) return encoder.encode(text);
  const parts = text
    .split(ESCAPED_RUNS)
    .map((part, index) =>
      index % 2 === 0 ? encoder.encode(part) : Uint8Array.from(part, (char) => char.charCodeAt(0) & 0xff),
    );
  return Buffer.concat(parts);
}
