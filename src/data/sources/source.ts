/** What a kind of data is: its spec options and how to open it. */
import type { Dataset } from '../dataset.ts';
import type { DataSpec, KindInfo } from '../spec.ts';

export interface Source extends KindInfo {
  /** LlmcError FILE_NOT_FOUND or DATA when it cannot be read. */
  open(spec: DataSpec): Promise<Dataset>;
}

/** Column name of data that feeds whatever single input the model has. */
export const ONLY_INPUT = '';
