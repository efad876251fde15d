/** What a kind of data is: its spec options and how to open it. */
import type { RowTable } from '../row-table.ts';
import type { DataSpec, KindInfo } from '../spec.ts';

export interface Source extends KindInfo {
  /** Reading rows takes so much work that a thread should do it while a model runs. */
  readonly costly?: true;
  /** Options that all kinds have (../arrange.ts) are not its business. LlmcError FILE_NOT_FOUND or DATA. */
  open(spec: DataSpec): Promise<RowTable>;
}

/** Column name of data that feeds whatever single input the model has. */
export const ONLY_INPUT = '';
