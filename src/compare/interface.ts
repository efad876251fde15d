/** Two models can only be compared when they take the same inputs. */
import type { ValueInfo } from '../data/value-info.ts';
import { LlmcError } from '../errors.ts';
import { pairNames } from '../runtime/adapt.ts';

export interface Interface {
  /** For messages. */
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
}

/** @throws LlmcError DATA when an input of the second model has no counterpart of its kind and shape in the first */
export function requireSameInterface(first: Interface, second: Interface): void {
  const partner = new Map(pairNames(second.inputs, first.inputs));
  for (const theirs of second.inputs) {
    const ours = first.inputs.find(({ name }) => name === partner.get(theirs.name));
    const problem = ours ? mismatch(ours, theirs) : 'has no counterpart';
    if (problem === null) continue;
    throw new LlmcError(
      'DATA',
      `the models take different inputs: "${theirs.name}" of ${second.name} ${problem}${ours ? '' : ` in ${first.name}`}`,
      {
        hint: `compare variants of one model; ${first.name} takes ${list(first)}, ${second.name} takes ${list(second)}`,
      },
    );
  }
}

function mismatch(ours: ValueInfo, theirs: ValueInfo): string | null {
  if (kind(ours.dtype) !== kind(theirs.dtype))
    return `is ${theirs.dtype} where "${ours.name}" is ${ours.dtype}`;
  // Without dims the rank is unknown or 0: onnxruntime tells both alike.
  if (ours.dims.length === 0 || theirs.dims.length === 0) return null;
  const clash = theirs.dims.some((dim, axis) => {
    const other = ours.dims[axis];
    return typeof dim === 'number' && typeof other === 'number' && dim !== other;
  });
  return clash || ours.dims.length !== theirs.dims.length
    ? `is ${shape(theirs)} where "${ours.name}" is ${shape(ours)}`
    : null;
}

function kind(dtype: string): string {
  if (/float|double/.test(dtype)) return 'float';
  return /^u?int/.test(dtype) ? 'integer' : dtype;
}

function shape({ dims }: ValueInfo): string {
  return `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
}

function list({ inputs }: Interface): string {
  return inputs.map((input) => `${input.name} ${input.dtype}${shape(input)}`).join(', ') || 'nothing';
}
