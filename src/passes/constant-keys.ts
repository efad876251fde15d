/** Tells when two constant expressions compute the same: same operators on same constants, in whatever graph. */
import { createHash } from 'node:crypto';
import type { Attribute } from '../ir/attribute.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';

/** Constants up to this size are equal when their bytes are; larger ones only to themselves. */
const COMPARED_BYTES = 1 << 12;

export class ConstantKeys {
  readonly #keys = new Map<Value, string>();

  /** @param nodes deterministic nodes on constants, producers before users */
  constructor(nodes: readonly Node[]) {
    for (const node of nodes) {
      const attributes = [...node.attributes].sort(([a], [b]) => (a < b ? -1 : 1));
      const parts = [
        node.opType,
        ...node.inputs.map((value) => (value ? this.of(value) : '')),
        ...attributes.flatMap(([name, attribute]) => [name, attributeKey(attribute)]),
      ];
      const digest = hash(parts.map((part) => `${part.length}:${part}`).join(''));
      for (const [index, value] of node.outputs.entries())
        if (value) this.#keys.set(value, `${digest}#${index}`);
    }
  }

  /** Values with equal keys are equal. */
  of(value: Value): string {
    const known = this.#keys.get(value);
    if (known !== undefined) return known;
    const { tensor } = value;
    const small = tensor && !tensor.strings && tensor.byteLength <= COMPARED_BYTES && !tensor.source.computed;
    const key = small ? tensorKey(tensor) : `value ${this.#keys.size}`;
    this.#keys.set(value, key);
    return key;
  }
}

function hash(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('base64');
}

function tensorKey(tensor: Tensor): string {
  return `${tensor.dtype}[${tensor.dims}] ${hash(tensor.bytes())}`;
}

let unique = 0;

function attributeKey(attribute: Attribute): string {
  switch (attribute.kind) {
    case 'tensor':
      return attribute.value.strings ? `strings ${unique++}` : tensorKey(attribute.value);
    case 'string':
      return `string ${hash(attribute.value)}`;
    case 'float':
    case 'int':
    case 'floats':
    case 'ints':
      return `${attribute.kind} ${attribute.value}`;
    default:
      return `${attribute.kind} ${unique++}`;
  }
}
