/** What a rounding method is: how the weights of a layer become codes of a grid. */
import type { RoundedLayer } from '../../numeric/layer.ts';
import type { MatrixEngine } from '../../numeric/matrix-engine.ts';
import type { LayerProblem } from './problem.ts';

export interface Rounding {
  readonly name: string;
  readonly summary: string;
  /** Whether it looks at inputs: not at all, where there are some, or not without. */
  readonly data: 'none' | 'optional' | 'required';
  /** False when it has to choose zero points. */
  readonly symmetric: boolean;
  /** True when inputs are scaled before anything is rounded. */
  readonly scalesInputs?: true;
  /** Rounds with the help of data; null where that fails, e.g. on a matrix that is not positive definite. */
  readonly round?: (problem: LayerProblem, engine: MatrixEngine) => Promise<RoundedLayer | null>;
}
