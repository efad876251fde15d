/** What quantization-aware training is asked to do. */
import type { LearnOptions } from '../../train/options.ts';

export const scaleModes = ['fixed', 'learned'] as const;

/** `fixed`: scales stay as calibration left them; `learned`: they are trained along with the weights. */
export type ScaleMode = (typeof scaleModes)[number];

export interface QatOptions extends LearnOptions {
  /** Default `fixed`. */
  readonly scales?: ScaleMode;
}
