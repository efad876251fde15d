/** What llmc can do with an operator, and why not, derived from its facts. */
import { derivative } from './derivative-of.ts';
import { labelsOf, parseSignature } from './signature.ts';
import { isRelation, type OpSpec } from './spec.ts';

/** An answer with its grounds: how when it can, why not when it cannot. */
export interface Ability {
  readonly can: boolean;
  readonly how: string;
}

export interface Support {
  readonly quantize: Ability;
  readonly prune: Ability;
  readonly differentiate: Ability;
}

/** The abilities for an operator; null stands for one llmc knows nothing of. */
export function supportOf(spec: OpSpec | null): Support {
  if (!spec) {
    const unknown = no('nothing is known of this operator');
    return { quantize: unknown, prune: unknown, differentiate: unknown };
  }
  return {
    quantize: quantizing(spec),
    prune: pruning(spec),
    differentiate: differentiating(spec),
  };
}

function quantizing({ quant }: OpSpec): Ability {
  switch (quant?.kind) {
    case 'compute':
      return quant.weights.length > 0
        ? yes(formsOf(quant))
        : yes(`between quantized tensors, as ${quant.static}`);
    case 'lookup':
      return yes(quant.blocked ? 'table in int8 or int4' : 'table in int8');
    case 'passthrough':
      return yes('passes quantized values on');
    case 'quantized':
      return no('is quantized already');
    case 'exact':
      return no('has nothing to quantize');
    case 'float-only':
      return no(quant.reason);
    default:
      return no('nothing is known of its arithmetic');
  }
}

function formsOf(role: {
  readonly dynamic?: string;
  readonly static?: string;
  readonly blocked?: string;
}): string {
  const forms = [
    ...(role.dynamic ? [`int8 with ranges at run time as ${role.dynamic}`] : []),
    ...(role.static ? [`int8 as ${role.static}`] : []),
    'weights in int8',
    ...(role.blocked ? [`weights in int4 as ${role.blocked}`] : []),
  ];
  return forms.join('; ');
}

function differentiating(spec: OpSpec): Ability {
  const gradient = derivative(spec);
  if (gradient === undefined) return no('nobody wrote its gradient down');
  if (gradient === 'none') return no('its results do not follow small changes of its inputs');
  return 'rule' in gradient ? yes('by a rule') : yes('by the operators it is made of');
}

function pruning({ axes }: OpSpec): Ability {
  if (axes === undefined) return no('nothing is known of its axes, so that none is cut');
  if (isRelation(axes))
    return yes(
      axes.relation === 'reshape' ? 'follows the factors of a reshape' : 'follows the parts of an axis',
    );
  if (typeof axes === 'function') return yes('which axes depends on attributes and shapes');
  const signature = parseSignature(axes);
  const free = [...signature.inputs, ...signature.outputs]
    .flatMap((tensor) => (tensor ? labelsOf(tensor) : []))
    .filter((label) => !signature.frozen.has(label));
  return free.length > 0 ? yes(axes) : no('every element takes part in every result');
}

function yes(how: string): Ability {
  return { can: true, how };
}

function no(how: string): Ability {
  return { can: false, how };
}
