/** Origin: where values of a dataset come from, in words for messages. */
import type { HostTensor } from './host-tensor.ts';

/** Where the values of a tensor come from, for messages. */
export interface Origin {
  /** The data. */
  readonly name: string;
  /** What rows are called; absent for what all rows share. */
  readonly places?: readonly string[];
}

/** `reviews.jsonl, line 18`, for the element at a position of a tensor. */
export function placeOf(at: number, { dims, data }: HostTensor, { name, places }: Origin): string {
  const row = Math.max(1, data.length / (dims[0] ?? 1));
  const place = places?.[Math.floor(at / row)];
  return place === undefined ? name : `${name}, ${place}`;
}
