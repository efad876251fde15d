/** The mask of one layer by one of the methods, never worse than magnitude on what was observed. */
import { type Gram, hessianOf } from '../../numeric/hessian.ts';
import { quadraticForm } from '../../numeric/linalg.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import { dropPattern, dropShare } from './choose.ts';
import { type Grain, SINGLE } from './form.ts';
import type { Pattern } from './pattern.ts';
import { sparsegpt } from './sparsegpt.ts';

export type MaskMethod = 'magnitude' | 'wanda' | 'sparsegpt';

export interface MaskedLayer {
  readonly method: MaskMethod;
  /** [rows, columns]: 1 where a weight goes. */
  readonly drop: Uint8Array;
  /** [rows, columns] with new values of what is kept, or null where these stay as they are. */
  readonly weights: Float32Array | null;
  /** Energy of the change of the results as a share of that of the results; null without data. */
  readonly error: number | null;
  /** The same for magnitude. */
  readonly magnitudeError: number | null;
}

export interface MaskRequest {
  readonly method: MaskMethod;
  /** [rows, columns] */
  readonly matrix: Float32Array;
  readonly columns: number;
  /** Weights that go, or the pattern that stays. */
  readonly goes: number | Pattern;
  /** Weights that go together; default single ones. */
  readonly grain?: Grain;
  readonly gram: Gram | null;
}

/** What `method` gives, or magnitude where that loses less. */
export async function maskLayer(request: MaskRequest, engine: MatrixEngine): Promise<MaskedLayer> {
  const { method, matrix, columns, gram } = request;
  const magnitude = dropBy(matrix.map(Math.abs), request, false);
  const hessian = gram && hessianOf(gram, columns);
  if (!gram || !hessian)
    return { method: 'magnitude', drop: magnitude, weights: null, error: null, magnitudeError: null };
  const products = Float32Array.from(gram.sum, (each) => each / gram.rows);
  const whole = await errorOf(matrix, columns, products, engine);
  const share = async (drop: Uint8Array, weights: Float32Array | null) =>
    (await errorOf(changeOf(matrix, drop, weights), columns, products, engine)) / (whole || 1);
  const magnitudeError = await share(magnitude, null);
  const plain = { method: 'magnitude', drop: magnitude, weights: null, error: magnitudeError } as const;
  const found = await findMask(request, gram, hessian.values, engine);
  const error = found && (await share(found.drop, found.weights));
  return found && error !== null && error < magnitudeError
    ? { method, ...found, error, magnitudeError }
    : { ...plain, magnitudeError };
}

async function findMask(
  request: MaskRequest,
  gram: Gram,
  hessian: Float64Array,
  engine: MatrixEngine,
): Promise<Pick<MaskedLayer, 'drop' | 'weights'> | null> {
  const { method, matrix, columns, goes, grain = SINGLE } = request;
  if (method === 'sparsegpt') return await sparsegpt(matrix, columns, hessian, goes, grain, engine);
  if (method === 'wanda')
    return { drop: dropBy(wandaScores(matrix, columns, gram), request, true), weights: null };
  return null;
}

/**
 * |weight| times the norm of what it is multiplied with, compared within each row (Sun et al. 2023, "A simple and effective
 * pruning approach for large language models", section 3).
 */
export function wandaScores(matrix: Float32Array, columns: number, { sum }: Gram): Float32Array {
  const norms = Float64Array.from({ length: columns }, (_, at) =>
    Math.sqrt(sum[at * columns + at] as number),
  );
  return matrix.map((weight, at) => Math.abs(weight) * (norms[at % columns] as number));
}

function dropBy(
  scores: Float32Array,
  { goes, columns, grain = SINGLE }: MaskRequest,
  perRow: boolean,
): Uint8Array {
  if (typeof goes !== 'number') return dropPattern(scores, goes);
  return dropShare(scores, columns, goes, grain, perRow);
}

function changeOf(matrix: Float32Array, drop: Uint8Array, weights: Float32Array | null): Float32Array {
  return matrix.map(
    (weight, at) => weight - (drop[at] === 1 ? 0 : weights ? (weights[at] as number) : weight),
  );
}

/** tr(E G E^T) of E [rows, columns]. */
async function errorOf(
  change: Float32Array,
  columns: number,
  products: Float32Array,
  engine: MatrixEngine,
): Promise<number> {
  const rows = change.length / columns;
  const turned = new Float32Array(change.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = change[row * columns + column] as number;
  return await quadraticForm(turned, products, columns, rows, engine);
}
