/** Multiplies the constants of a ScaleGroup, so that the model computes what it did. */
import { floatsOf } from '../../../ir/floats.ts';
import { Tensor } from '../../../ir/tensor.ts';
import { elementsOf } from './channel-map.ts';
import type { ScaledConstant, ScaleGroup } from './scale-group.ts';

/**
 * Edits the model. A constant that others read as it is, or that is scaled in two ways, is copied.
 * @param factors [group.size], positive and finite
 */
export function applyScales(group: ScaleGroup, factors: Float64Array): void {
  // Read from the nodes: another group may have given them copies since this one was collected.
  const byReader = new Map<string, ScaledConstant[]>();
  for (const each of group.constants) {
    const key = `${each.node.id}:${each.input}`;
    byReader.set(key, [...(byReader.get(key) ?? []), each]);
  }
  for (const [first, ...more] of byReader.values()) {
    const value = first?.node.input(first.input);
    if (!first || !value?.tensor) continue;
    const scaled = [first, ...more].reduce((made, each) => scaledTensor(made, each, factors), value.tensor);
    if (value.useCount === 1 && !value.isGraphOutput) value.tensor = scaled;
    else first.node.setInput(first.input, value.graph.addInitializer(value.name, scaled));
  }
}

/** The tensor times factors ** exponent, computed in double precision. */
function scaledTensor(tensor: Tensor, { map, exponent }: ScaledConstant, factors: Float64Array): Tensor {
  const elements = elementsOf(map, tensor.dims);
  const scaled = Float32Array.from(floatsOf(tensor));
  for (let i = 0; i < scaled.length; i++) {
    const element = elements[i] as number;
    if (element < 0) continue;
    const factor = factors[element] as number;
    scaled[i] = exponent === 1 ? (scaled[i] as number) * factor : (scaled[i] as number) / factor;
  }
  return Tensor.of('float32', tensor.dims, scaled);
}
