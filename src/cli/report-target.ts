/** The files of --report: checked before the work starts, written after it. */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LlmcError } from '../errors.ts';
import { formatByPath, type ReportFormat } from '../report/formats.ts';

export interface ReportTarget {
  readonly path: string;
  readonly format: ReportFormat;
}

/**
 * A report may replace an earlier report of llmc, since reports are made again and again by the same script;
 * any other file only with --force. LlmcError USAGE, FILE_EXISTS, FILE_NOT_FOUND.
 */
export function planReport(path: string, force: boolean, format = formatByPath(path)): ReportTarget {
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) {
    throw new LlmcError('FILE_NOT_FOUND', `the folder of report ${path} does not exist`, {
      hint: `create ${dirname(path)} first`,
    });
  }
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing?.isDirectory()) {
    throw new LlmcError('FILE_EXISTS', `report ${path} is a folder`, { hint: 'name a file in it' });
  }
  if (existing?.isFile() && existing.size > 0 && !force && !format.recognizes(readFileSync(path, 'utf8'))) {
    throw new LlmcError('FILE_EXISTS', `${path} exists and is not a report of llmc`, {
      hint: 'choose another name or pass --force',
    });
  }
  return { path, format };
}
