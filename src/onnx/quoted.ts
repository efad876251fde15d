/** Names from a file in messages: clipped and printable, for a file may call a tensor anything. */

const LONGEST = 120;

/** `name` without control characters (no terminal escapes, no line breaks) and not endlessly long. */
export function quoted(name: string | undefined): string {
  const text = (name ?? '').slice(0, LONGEST + 1).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

/** A path as the user gave it; in quotes where one would not see it otherwise. */
export function named(path: string): string {
  return path === '' || path.trim() !== path ? `"${path}"` : path;
}
