/** What quantize_static is asked for, in llmc's words. */
import type { IntegerType } from '../../../numeric/integer.ts';
import type { SchemeOptions } from '../../schemes/scheme.ts';
import type { ActivationSpec } from '../parameters.ts';

export interface ParitySpec {
  readonly activation: ActivationSpec;
  readonly weightType: IntegerType;
  readonly weightSymmetric: boolean;
  /** Of constants; activations always use all codes. */
  readonly reduceRange: boolean;
  readonly perChannel: boolean;
}

export function paritySpec(options: SchemeOptions): ParitySpec {
  const { activation } = options.static;
  return {
    activation: { ...activation, reduceRange: false },
    weightType: options.weightType,
    weightSymmetric: options.symmetric ?? options.weightType === 'int8',
    reduceRange: options.reduceRange,
    perChannel: options.perChannel,
  };
}
