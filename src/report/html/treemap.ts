/** Squarified treemaps (Bruls, Huizing, van Wijk 2000): rectangles with given areas, as square as they can be. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * One box per weight, in order; areas are proportional to the weights and fill `frame`. Weights above zero, largest
 * first.
 */
export function treemap(weights: readonly number[], frame: Box): Box[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0 || frame.width <= 0 || frame.height <= 0) return [];
  const scale = (frame.width * frame.height) / total;
  const areas = weights.map((weight) => weight * scale);
  const boxes: Box[] = [];
  let free = frame;
  for (let start = 0; start < areas.length; ) {
    const side = Math.min(free.width, free.height);
    let end = start + 1;
    while (end < areas.length && worst(areas, start, end + 1, side) <= worst(areas, start, end, side)) end++;
    const row = areas.slice(start, end);
    const thickness = row.reduce((sum, area) => sum + area, 0) / side || 0;
    boxes.push(...placed(row, free, thickness));
    free =
      free.width >= free.height
        ? { ...free, x: free.x + thickness, width: Math.max(0, free.width - thickness) }
        : { ...free, y: free.y + thickness, height: Math.max(0, free.height - thickness) };
    start = end;
  }
  return boxes;
}

/** The largest ratio of sides in a row of areas[start, end) along `side`. */
function worst(areas: readonly number[], start: number, end: number, side: number): number {
  const sum = areas.slice(start, end).reduce((total, area) => total + area, 0);
  const [largest, smallest] = [areas[start] as number, areas[end - 1] as number];
  return Math.max((side * side * largest) / (sum * sum), (sum * sum) / (side * side * smallest));
}

function placed(row: readonly number[], { x, y, width, height }: Box, thickness: number): Box[] {
  const boxes: Box[] = [];
  let offset = 0;
  for (const area of row) {
    const extent = area / thickness || 0;
    boxes.push(
      width >= height
        ? { x, y: y + offset, width: thickness, height: extent }
        : { x: x + offset, y, width: extent, height: thickness },
    );
    offset += extent;
  }
  return boxes;
}
