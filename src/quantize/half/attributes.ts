/** Attributes that state the element type of an output: set to the half type where the output becomes half. */
import { type Attribute, int, tensorAttribute } from '../../ir/attribute.ts';
import { DTYPES } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { HalfConstants } from './constants.ts';

/** Wherever one of these says float32, it speaks of an output. */
const STATED = ['to', 'dtype', 'output_datatype', 'output_dtype'];

/** Operators that give float32 when they say nothing, with the attribute that would say it. */
const UNSTATED: Readonly<Record<string, (constants: HalfConstants) => readonly [string, Attribute]>> = {
  BlackmanWindow: (constants) => ['output_datatype', codeOf(constants)],
  ConstantOfShape: (constants) => [
    'value',
    tensorAttribute(Tensor.of(constants.dtype, [1], new Uint16Array(1))),
  ],
  HammingWindow: (constants) => ['output_datatype', codeOf(constants)],
  HannWindow: (constants) => ['output_datatype', codeOf(constants)],
  MelWeightMatrix: (constants) => ['output_datatype', codeOf(constants)],
  RandomNormal: (constants) => ['dtype', codeOf(constants)],
  RandomUniform: (constants) => ['dtype', codeOf(constants)],
};

/** Makes a node that gave float32 give the half type. */
export function restateType(node: Node, constants: HalfConstants): void {
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind === 'int' && STATED.includes(name) && Number(attribute.value) === DTYPES.float32.code)
      node.attributes.set(name, codeOf(constants));
    if (attribute.kind === 'tensor' && attribute.value.dtype === 'float32')
      node.attributes.set(name, tensorAttribute(constants.convert(attribute.value, node.label)));
  }
  const unstated = node.domain === '' ? UNSTATED[node.op]?.(constants) : undefined;
  if (unstated && !node.attributes.has(unstated[0])) node.attributes.set(...unstated);
}

/** The type a Cast gives; null for other nodes. */
export function castTarget(node: Node): number | null {
  return node.opType === 'Cast' ? node.int('to') : null;
}

function codeOf(constants: HalfConstants): Attribute {
  return int(DTYPES[constants.dtype].code);
}
