/** Pixels: a decoded image in memory. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 3 red, green, blue. */
  readonly channels: 1 | 3;
  /** `[height, width, channels]`. */
  readonly data: Uint8Array;
}
