/** Attributes that state the element type of an output: set to the half type where the output becomes half. */
import { type Attribute, int, tensorAttribute } from '../../ir/attribute.ts';
import { DTYPES } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { HalfConstants } from './constants.ts';
import type { HalfFact } from './facts.ts';

/** DequantizeLinear (opset 23) follows its scale unless this says otherwise. */
const OVERRIDE = { attribute: 'output_dtype', float32WhenAbsent: false };

/** Makes a node that gave float32 give the half type. */
export function restateType(node: Node, { stated }: HalfFact, constants: HalfConstants): void {
  const code: Attribute = int(DTYPES[constants.dtype].code);
  for (const { attribute: name, float32WhenAbsent } of [...stated, OVERRIDE]) {
    const present = node.attributes.get(name);
    if (present?.kind === 'int' && Number(present.value) === DTYPES.float32.code)
      node.attributes.set(name, code);
    if (present?.kind === 'tensor' && present.value.dtype === 'float32')
      node.attributes.set(name, tensorAttribute(constants.convert(present.value, node.label)));
    // ConstantOfShape states its type by a tensor, zero by default; all others by a code.
    if (!present && float32WhenAbsent) node.attributes.set(name, name === 'value' ? zero(constants) : code);
  }
}

function zero({ dtype }: HalfConstants): Attribute {
  return tensorAttribute(Tensor.of(dtype, [1], new Uint16Array(1)));
}
