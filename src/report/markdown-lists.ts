/** Lists and tables of Markdown cut to so many characters, with a count of what is missing. */

/** Characters of a warning or note, which are sentences and must not lose their middle. */
export const PROSE = 1000;

/** Everything around the body of a collapsed section. */
export const FRAME = 80;

/** A bulleted list of at most `room` characters. */
export function list(items: readonly string[], room: number): string[] {
  if (items.length === 0) return [];
  return [
    ...leading(
      items.map((item) => `- ${item}`),
      room - 1,
    ),
    '',
  ];
}

/** The leading lines that take at most `room` characters, with a count of those that do not. */
export function leading(lines: readonly string[], room: number): string[] {
  if (lengthOf(lines) <= room) return [...lines];
  const note = (hidden: number) => `- and ${hidden} more`;
  let left = room - lengthOf(['', note(lines.length)]);
  let shown = 0;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    shown++;
  }
  const kept = lines.slice(0, shown);
  const inTable = kept.at(-1)?.startsWith('|') === true;
  return [...kept, ...(inTable ? [''] : []), note(lines.length - shown)];
}

export function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** Text for the summary of a collapsed section, which is HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\s+/g, ' ');
}
