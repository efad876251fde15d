/** UTF-8 that survives a round trip even when a file's strings are not UTF-8. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ESCAPE = 0xdc00;
// Real text never holds a low surrogate without a high one before it.
const ESCAPED = /^[^\u0080-\udc7f\udd00-\uffff]*[\udc80-\udcff][^\u0080-\udc7f\udd00-\uffff]*$/;

/** Decodes; bytes that are not UTF-8 become lone surrogates U+DC80..U+DCFF (as Python's surrogateescape). */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length < 64) {
    const ascii = decodeAscii(bytes);
    if (ascii !== null) return ascii;
  }
  try {
    return strict.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : ESCAPE + byte)).join('');
  }
}

function decodeAscii(bytes: Uint8Array): string | null {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The inverse of `decodeText`. */
export function encodeText(text: string): Uint8Array {
  return ESCAPED.test(text)
    ? Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff)
    : encoder.encode(text);
}
