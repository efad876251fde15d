/** Pages for the text detector, made of the recogniser's lines: six to a page, on mid-grey. */
import { writeFileSync } from 'node:fs';

const SIZE = 320;
const LINE = 48;
const LINES = 6;
/** Mean and deviation of the channels (BGR as PaddleOCR feeds them) that the detector was trained with. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/**
 * @param {{ dims: readonly number[], data: Float32Array }} lines [N, 3, 48, 320] in -1..1
 * @returns {{ dims: number[], data: Float32Array }} [N / 6, 3, 320, 320], normalized for the detector
 */
export function pagesOf({ dims, data }) {
  const pages = Math.floor(dims[0] / LINES);
  const plane = SIZE * SIZE;
  const result = new Float32Array(pages * 3 * plane);
  for (let at = 0; at < pages * 3; at++)
    result.fill((0.5 - MEAN[at % 3]) / DEVIATION[at % 3], at * plane, (at + 1) * plane);
  for (let line = 0; line < pages * LINES; line++)
    for (let channel = 0; channel < 3; channel++) {
      const source = (line * 3 + channel) * LINE * SIZE;
      const page = Math.floor(line / LINES);
      const top = (line % LINES) * (LINE + 5) + 3;
      const target = (page * 3 + channel) * plane + top * SIZE;
      for (let i = 0; i < LINE * SIZE; i++)
        result[target + i] = (data[source + i] / 2 + 0.5 - MEAN[channel]) / DEVIATION[channel];
    }
  return { dims: [pages, 3, SIZE, SIZE], data: result };
}

/** Writes a float32 array as .npy, version 1. */
export function writeNpy(path, { dims, data }) {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims.join(', ')}), }`;
  const length = Math.ceil((head.length + 11) / 64) * 64 - 10;
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  writeFileSync(
    path,
    Buffer.concat([start, Buffer.from(`${head.padEnd(length - 1)}\n`, 'latin1'), Buffer.from(data.buffer)]),
  );
}

/** Pixels both maps call text over pixels either does, at the detector's usual threshold. */
export function overlap(a, b, threshold = 0.3) {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] > threshold, b[i] > threshold];
    if (x && y) both++;
    if (x || y) either++;
  }
  return either === 0 ? 1 : both / either;
}
