/** How much structure a file may unfold to: small messages take far more memory than they take bytes. */
import { LlmcError } from '../errors.ts';

/** What any file may use, whatever its size: forty thousand nodes stay below it. */
const BASE = 128 << 20;
/** Bytes of memory for each byte of the file; files made by exporters stay below forty. */
const RATIO = 60;
/** What no structure may exceed: some 200,000 nodes with their names. Weights do not count, they stay in the file. */
const CEILING = 768 << 20;

/** Rough memory of a message with what the graph makes of it, in bytes; measured, rounded up. */
const HEAVY: Readonly<Record<string, number>> = {
  AttributeProto: 300,
  FunctionProto: 1200,
  GraphProto: 1200,
  NodeProto: 900,
  TensorProto: 650,
};
const MESSAGE = 130;

export const COST = {
  /** In a list of numbers. */
  number: 8,
  /** A field that comes by itself, whatever it holds. */
  field: 50,
  /** A string, its place in a list and, for an input or output of a node, the link it becomes. */
  string: 250,
  bytes: 200,
  span: 400,
} as const;

/** Counts what has been unfolded so far; throws LlmcError MODEL_UNREADABLE when it is too much. */
export class Budget {
  readonly #limit: number;
  #spent = 0;

  constructor(fileBytes: number) {
    this.#limit = Math.min(CEILING, BASE + RATIO * fileBytes);
  }

  message(name: string): void {
    this.spend(HEAVY[name] ?? MESSAGE);
  }

  spend(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent > this.#limit)
      throw new LlmcError('MODEL_UNREADABLE', 'the file unfolds into too many small parts for a real model', {
        hint: 'the file is damaged or made to exhaust memory; export or download it again',
      });
  }
}
