/** Where the time goes as a table: operators before and after, those that got slower marked. */
import { type Align, alignColumns } from './layout.ts';
import { printable } from './printable.ts';
import type { OperatorTime, Report } from './schema.ts';
import { formatMs } from './units.ts';

/** What is not shown takes less time than any of these. */
export const OPERATORS_SHOWN = 10;
export const OPERATOR_HEADER: readonly string[] = ['operator', 'before', 'after', 'difference'];
export const OPERATOR_ALIGNS: readonly Align[] = ['left', 'right', 'right', 'right'];

/** A difference smaller than this share of all the time is no news. */
const WORTH_A_WORD = 0.02;

export function operatorCells({ op, name, model, beforeMs, afterMs }: OperatorTime): string[] {
  const title = [op, name, model && `(${model})`].filter(Boolean).join(' ');
  const cell = (ms: number | null) => (ms === null ? '-' : formatMs(ms));
  const change = (afterMs ?? 0) - (beforeMs ?? 0);
  // Sums of whole microseconds.
  const same = Math.abs(change) < 1e-6;
  const difference = same ? 'same' : `${change < 0 ? '-' : '+'}${formatMs(Math.abs(change))}`;
  return [printable(title), cell(beforeMs), cell(afterMs), difference];
}

/** The table as lines under a title; nothing without a profile. A lone model has no differences. */
export function operatorLines({ operators = [] }: Report): string[] {
  if (operators.length === 0) return [];
  const compared = operators.some(({ afterMs }) => afterMs !== null);
  const columns = compared ? 4 : 2;
  const rows = [OPERATOR_HEADER, ...operators.slice(0, OPERATORS_SHOWN).map(operatorCells)];
  if (!compared) rows[0] = ['operator', 'time'];
  const hidden = operators.length - OPERATORS_SHOWN;
  return [
    'where the time of a run goes, as the runtime fused the operators',
    ...alignColumns(
      rows.map((row) => row.slice(0, columns)),
      OPERATOR_ALIGNS.slice(0, columns),
    ),
    ...(hidden > 0 ? [`and ${hidden} more kinds`] : []),
    ...slowerOperators(operators),
  ];
}

/**
 * Operators that take longer than before, in words. Those that are new count against all that went: what replaces a
 * MatMul is no slow-down as long as the sum is less.
 */
export function slowerOperators(operators: readonly OperatorTime[]): string[] {
  const all = operators.reduce((sum, { beforeMs }) => sum + (beforeMs ?? 0), 0);
  const slower = operators.filter(
    ({ beforeMs, afterMs }) =>
      beforeMs !== null && afterMs !== null && afterMs - beforeMs > WORTH_A_WORD * all,
  );
  const added = operators.filter(
    ({ beforeMs, afterMs }) => beforeMs === null && (afterMs ?? 0) > WORTH_A_WORD * all,
  );
  const named = (list: readonly OperatorTime[]) =>
    [...new Set(list.map(({ op }) => printable(op)))].join(', ');
  return [
    ...(slower.length > 0 ? [`slower than before: ${named(slower)}`] : []),
    ...(added.length > 0 ? [`new: ${named(added)}`] : []),
  ];
}
