/** Renders canonical JSON: keys sorted, two spaces, a newline at the end, so equal reports are equal bytes. */

/** Any plain document. Values JSON cannot hold (NaN, infinities) become null; undefined members are left out. */
export function renderJson(document: unknown): string {
  return `${JSON.stringify(sorted(document), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}
