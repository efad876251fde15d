/** Records: rows of named fields as a file of text or a columnar file has them, before they are tensors. */

/** What a field holds in a row: a number, text, nested lists of these; undefined or null where it is missing. */
export type Field = unknown;

export interface Records {
  /** The data's name, for messages. */
  readonly name: string;
  readonly length: number;
  readonly fields: readonly string[];
  /** The values of some fields, each in the order of `indices`. LlmcError DATA for what cannot be read. */
  read(indices: readonly number[], fields: readonly string[]): Promise<ReadonlyMap<string, ArrayLike<Field>>>;
  /** What messages call a row. */
  place(index: number): string;
  /** What grows with the amount of data in rows. */
  lengthsOf(indices: readonly number[]): Promise<readonly number[]>;
  /** ONNX element type of the numbers of a field, where the file states one. */
  dtypeOf?(field: string): string | undefined;
  /** What text means where it is not wanted as text: a number in a cell; default itself. */
  meaning?(text: Field): Field;
}
