/** UTF-8 that survives a round trip even when a file's strings are not UTF-8. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ESCAPE = 0xdc00;
// With the u flag a low surrogate matches only where no high one is before it, and no real text has that.
const ESCAPED = /[\udc80-\udcff]/u;

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
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const escaped = isEscape(text, at);
    const start = at;
    while (at < text.length && isEscape(text, at) === escaped) at++;
    if (escaped) for (let i = start; i < at; i++) bytes[length++] = text.charCodeAt(i) & 0xff;
    else length += encoder.encodeInto(text.slice(start, at), bytes.subarray(length)).written;
  }
  return bytes.subarray(0, length);
}

/** True for an escaped byte, not for the second half of a character beyond U+FFFF. */
function isEscape(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < ESCAPE + 0x80 || code > ESCAPE + 0xff) return false;
  const before = at > 0 ? text.charCodeAt(at - 1) : 0;
  return before < 0xd800 || before > 0xdbff;
}
