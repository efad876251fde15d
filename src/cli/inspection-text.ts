/** Renders an inspection for a person at a terminal. */

import type { InputOutput, Inspection } from '../inspect/inspect.ts';
import type { OperatorRow } from '../inspect/operators.ts';
import { provenanceOf, provenanceText } from '../recipe/provenance.ts';
import { type Align, alignColumns, shorten, wrap } from '../report/layout.ts';
import { printableData } from '../report/printable.ts';
import type { TextView } from '../report/text.ts';
import { formatBytes, formatCount, formatShare } from '../report/units.ts';

const NAMES_SHOWN = 3;
const GROUPS_SHOWN = 5;

/** Text with a newline at the end. */
export function renderInspection(inspection: Inspection, view: TextView): string {
  // A file may call its tensors anything, terminal escapes included.
  const found = printableData(inspection);
  const sections = [
    summary(found, view),
    signature(found, view),
    typeTable(found, view),
    tensorTable(found, view),
    sharing(found, view),
    operatorTable(found, view),
    reasons(found.operators, view),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function summary(found: Inspection, { palette, width }: TextView): string[] {
  const opsets = Object.entries(found.opsets).map(([domain, version]) => `${domain} ${version}`);
  const data = found.files.length > 1 ? ` in ${found.files.length} files` : '';
  const nested = found.subgraphs > 0 ? `, ${found.subgraphs} subgraphs` : '';
  const functions = found.functions.length > 0 ? `, functions ${found.functions.join(', ')}` : '';
  const rows: [string, string][] = [
    ['size', `${formatBytes(found.sizeBytes)}${data}, weights ${formatBytes(found.weights.bytes)} of it`],
    ['format', `IR ${found.irVersion}, opset ${opsets.join(', ') || 'none'}`],
    ...madeBy(found),
    ...(found.producer ? [['producer', found.producer] satisfies [string, string]] : []),
    ['nodes', `${found.nodes}${nested}${functions}`],
    ['parameters', formatCount(found.parameters)],
    ['MACs', macsText(found)],
  ];
  const label = Math.max(...rows.map(([name]) => name.length)) + 2;
  return [
    palette.bold(found.name),
    ...rows.flatMap(([name, text]) =>
      wrap(text, width - label).map(
        (line, index) => palette.dim((index === 0 ? name : '').padEnd(label)) + line,
      ),
    ),
  ];
}

/** How the model came to be, the last step first. */
function madeBy({ metadata }: Inspection): [string, string][] {
  const made = provenanceOf({ metadata: new Map(Object.entries(metadata)) });
  return made ? [['made by', provenanceText(made)]] : [];
}

function macsText({ macs }: Inspection): string {
  const at = Object.entries(macs.at).map(([name, size]) => `${name}=${size}`);
  const nodes = macs.unknown.reduce((sum, { nodes: each }) => sum + each.length, 0);
  const parts = [
    `${formatCount(macs.total)}${at.length > 0 ? ` at ${at.join(', ')} (--dim sets other sizes)` : ''}`,
    ...(nodes > 0
      ? [
          `without ${nodes} node${nodes === 1 ? '' : 's'}: ${macs.unknown
            .map(({ reason }) => reason)
            .slice(0, NAMES_SHOWN)
            .join('; ')}`,
        ]
      : []),
  ];
  return parts.join(', ');
}

function signature({ inputs, outputs }: Inspection, { palette }: TextView): string[] {
  const rows = (kind: string, values: readonly InputOutput[]) =>
    values.map(({ name, dtype, shape }, index) => [
      palette.dim(index === 0 ? kind : ''),
      name,
      `${dtype ?? 'unknown type'}${shape ? `[${shape.map((dim) => dim ?? '?').join(', ')}]` : ''}`,
    ]);
  return alignColumns([...rows('inputs', inputs), ...rows('outputs', outputs)], []);
}

function typeTable({ weights }: Inspection, { palette }: TextView): string[] {
  if (weights.count === 0) return [];
  const rows = weights.byType.map(({ dtype, tensors, elements, bytes }) => [
    dtype,
    `${tensors}`,
    formatCount(elements),
    formatBytes(bytes),
    formatShare(weights.bytes === 0 ? 0 : bytes / weights.bytes),
  ]);
  return table(
    ['type', 'tensors', 'elements', 'bytes', 'share'],
    rows,
    ['left', 'right', 'right', 'right', 'right'],
    palette.dim,
  );
}

function tensorTable({ weights }: Inspection, { palette, width }: TextView): string[] {
  if (weights.tensors.length === 0) return [];
  const room = Math.max(20, width - 62);
  const rows = weights.tensors.map(({ name, dtype, dims, bytes, users, graph, place }) => [
    formatBytes(bytes),
    shorten(name, room),
    `${dtype}[${dims.join(', ')}]`,
    `${users.slice(0, NAMES_SHOWN).join(', ') || 'unused'}${graph || place === 'node' ? palette.dim(` in ${[place === 'node' ? 'a node' : '', graph].filter(Boolean).join(' of ')}`) : ''}`,
  ]);
  const lines = table(['bytes', 'largest tensors', 'type', 'used by'], rows, ['right'], palette.dim);
  const hidden = weights.count - weights.tensors.length;
  return hidden > 0
    ? [...lines, palette.dim(`and ${hidden} more; --tensors lists all, --top N some`)]
    : lines;
}

function sharing({ weights }: Inspection, { palette, width, verbose }: TextView): string[] {
  const limit = verbose ? Infinity : GROUPS_SHOWN;
  const tied = weights.tied
    .slice(0, limit)
    .flatMap(({ name, uses, bytes }) =>
      wrap(`tied: ${name}, ${formatBytes(bytes)}, serves ${uses} nodes`, width, 2),
    );
  const twice = weights.duplicates.slice(0, limit).flatMap(({ names, bytes, certain }) => {
    const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
    const how = certain ? 'stored' : 'probably stored';
    return wrap(
      `${palette.warn(`${how} ${names.length} times`)}: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}, ${formatBytes(bytes)} too much`,
      width,
      2,
    );
  });
  const hidden =
    weights.tied.length +
    weights.duplicates.length -
    Math.min(limit, weights.tied.length) -
    Math.min(limit, weights.duplicates.length);
  return [
    ...tied,
    ...twice,
    ...(hidden > 0 ? [palette.dim(`and ${hidden} more; --verbose lists everything`)] : []),
  ];
}

function operatorTable({ operators }: Inspection, { palette }: TextView): string[] {
  const rows = operators.map(({ type, count, nested, withWeights, macs, quantize, prune, differentiate }) => [
    type,
    nested > 0 ? `${count} (${nested})` : `${count}`,
    withWeights === null ? '' : `${withWeights}`,
    macs === null || macs === 0 ? '' : formatCount(macs),
    ...[quantize, prune, differentiate].map(({ can }) => (can ? palette.good('yes') : palette.dim('no'))),
  ]);
  const some = operators.some(({ nested }) => nested > 0);
  const head = [
    'operator',
    some ? 'nodes (nested)' : 'nodes',
    'with weights',
    'MACs',
    'quantize',
    'prune',
    'differentiate',
  ];
  return table(head, rows, ['left', 'right', 'right', 'right'], palette.dim);
}

/** Why operators stay as they are, those with the same reason together. */
function reasons(operators: readonly OperatorRow[], { palette, width }: TextView): string[] {
  const lines: string[] = [];
  for (const verb of ['quantize', 'prune'] as const) {
    const byReason = new Map<string, string[]>();
    for (const row of operators)
      if (!row[verb].can) byReason.set(row[verb].how, [...(byReason.get(row[verb].how) ?? []), row.type]);
    if (byReason.size === 0) continue;
    lines.push(palette.dim(`not to ${verb}:`));
    for (const [reason, types] of byReason) lines.push(...wrap(`  ${types.join(', ')}: ${reason}`, width, 4));
  }
  return lines;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[],
  paint: (text: string) => string,
): string[] {
  return alignColumns([head.map(paint), ...rows], aligns);
}
