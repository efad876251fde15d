/**
 * An independent reading of ONNX files at the wire level, for comparing two files: no names, no values interpreted,
 * only which field numbers hold messages and which hold numbers that may be packed (onnx.proto).
 */

/** Field number to payloads in file order; numbers that may be packed are joined into one payload. */
type Tree = Map<number, (Tree | Buffer)[]>;

type Layout = 'varint' | 'fixed32' | 'fixed64' | (() => Message);
type Message = Readonly<Record<number, Layout>>;

const leaf: Message = {};
const aLeaf = () => leaf;
const dims: Message = { 1: aLeaf };
const tensorType: Message = { 2: () => dims };
const type: Message = {
  1: () => tensorType,
  4: () => ({ 1: () => type }),
  5: () => ({ 2: () => type }),
  7: aLeaf,
  8: () => tensorType,
  9: () => ({ 1: () => type }),
};
const valueInfo: Message = { 2: () => type, 4: aLeaf };
const tensor: Message = {
  1: 'varint',
  3: aLeaf,
  4: 'fixed32',
  5: 'varint',
  7: 'varint',
  10: 'fixed64',
  11: 'varint',
  13: aLeaf,
  16: aLeaf,
};
const sparse: Message = { 1: () => tensor, 2: () => tensor, 3: 'varint' };
const attribute: Message = {
  5: () => tensor,
  6: () => graph,
  7: 'fixed32',
  8: 'varint',
  10: () => tensor,
  11: () => graph,
  14: () => type,
  15: () => type,
  22: () => sparse,
  23: () => sparse,
};
const node: Message = { 5: () => attribute, 9: aLeaf, 10: aLeaf };
const graph: Message = {
  1: () => node,
  5: () => tensor,
  11: () => valueInfo,
  12: () => valueInfo,
  13: () => valueInfo,
  14: () => ({ 2: aLeaf }),
  15: () => sparse,
  16: aLeaf,
};
const localFunction: Message = {
  7: () => node,
  9: aLeaf,
  11: () => attribute,
  12: () => valueInfo,
  14: aLeaf,
};
const training: Message = { 1: () => graph, 2: () => graph, 3: aLeaf, 4: aLeaf };
const model: Message = {
  7: () => graph,
  8: aLeaf,
  14: aLeaf,
  20: () => training,
  25: () => localFunction,
  26: aLeaf,
};

/** Where two model files differ in meaning, as paths of field numbers; empty when they say the same. */
export function wireDifferences(before: Uint8Array, after: Uint8Array): string[] {
  const found: string[] = [];
  compare(read(Buffer.from(before), model), read(Buffer.from(after), model), 'model', found);
  return found;
}

function varintEnd(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes.readUInt8(at) >= 0x80) at++;
  return at + 1;
}

function varint(bytes: Buffer, start: number): number {
  let value = 0;
  for (let at = start, weight = 1; ; at++, weight *= 128) {
    const byte = bytes.readUInt8(at);
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value;
  }
}

function read(bytes: Buffer, message: Message): Tree {
  const tree: Tree = new Map();
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    at = varintEnd(bytes, at);
    const wireType = tag % 8;
    let end = wireType === 0 ? varintEnd(bytes, at) : at + (wireType === 1 ? 8 : 4);
    if (wireType === 2) {
      const length = varint(bytes, at);
      at = varintEnd(bytes, at);
      end = at + length;
    }
    if (end > bytes.length) throw new Error('the message is cut off');
    add(tree, message, Math.floor(tag / 8), wireType, bytes.subarray(at, end));
    at = end;
  }
  return tree;
}

function add(tree: Tree, message: Message, field: number, wireType: number, payload: Buffer): void {
  const layout = message[field];
  const items = tree.get(field) ?? [];
  tree.set(field, items);
  if (typeof layout === 'function' && wireType === 2) items.push(read(payload, layout()));
  else if (typeof layout === 'string') {
    // Packed or one by one, in one stretch or several: the same numbers.
    const [joined] = items;
    items[0] = Buffer.isBuffer(joined) ? Buffer.concat([joined, payload]) : payload;
  } else items.push(payload);
}

function compare(before: Tree, after: Tree, path: string, found: string[]): void {
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const olds = before.get(field) ?? [];
    const news = after.get(field) ?? [];
    const here = `${path}.${field}`;
    if (olds.length !== news.length) found.push(`${here}: ${olds.length} times before, ${news.length} after`);
    else
      for (const [index, old] of olds.entries()) comparePayload(old, news[index], `${here}[${index}]`, found);
  }
}

function comparePayload(
  before: Tree | Buffer,
  after: Tree | Buffer | undefined,
  path: string,
  found: string[],
): void {
  if (before instanceof Map && after instanceof Map) compare(before, after, path, found);
  else if (!Buffer.isBuffer(before) || !Buffer.isBuffer(after) || !before.equals(after)) {
    found.push(`${path}: ${show(before)} before, ${show(after)} after`);
  }
}

function show(payload: Tree | Buffer | undefined): string {
  return Buffer.isBuffer(payload) ? payload.subarray(0, 24).toString('latin1') : typeof payload;
}
