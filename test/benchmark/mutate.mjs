/** Damages model files on purpose: bytes, lengths, fields, whole messages; the same seed gives the same file. */
import { modelTable } from '../../dist/onnx/schema.js';

/** Payloads above this are weights: damage there is boring. */
const WEIGHT = 256;
const INTERESTING = [
  0n,
  1n,
  -1n,
  2n,
  7n,
  127n,
  255n,
  2n ** 31n,
  2n ** 32n,
  2n ** 40n,
  2n ** 62n,
  -(2n ** 63n),
];

/**
 * A damaged copy of a model file.
 * @param {Buffer} bytes the whole file
 * @param {() => number} next uniform numbers
 * @returns {{ kind: string, bytes: Buffer }}
 */
export function mutate(bytes, next) {
  // Most blind damage ends in the decoder; edits that keep the messages whole go further.
  const kind =
    next() < 0.6 ? pick(['fields edited', 'messages spliced'], next) : pick(Object.keys(MUTATIONS), next);
  return { kind, bytes: MUTATIONS[kind](bytes, next) };
}

const pick = (items, next) => items[Math.floor(next() * items.length)];

const MUTATIONS = {
  'bit flips': (bytes, next) => damage(bytes, next, (byte) => byte ^ (1 << Math.floor(next() * 8))),
  'bytes set': (bytes, next) => damage(bytes, next, () => pick([0, 1, 0x7f, 0x80, 0xff, next() * 256], next)),
  truncated: (bytes, next) => bytes.subarray(0, Math.floor(next() ** 2 * bytes.length)),
  'cut out': (bytes, next) => {
    const start = pick(structureOf(bytes), next);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + Math.floor(next() * 64))]);
  },
  inserted: (bytes, next) => {
    const at = pick(structureOf(bytes), next);
    const junk = Buffer.from(Array.from({ length: 1 + next() * 32 }, () => next() * 256));
    return Buffer.concat([bytes.subarray(0, at), junk, bytes.subarray(at)]);
  },
  'lengths swapped': (bytes, next) => {
    const tree = parse(modelTable, bytes);
    for (let i = 0; i < 1 + next() * 3; i++) {
      const [one, other] = [pick(messagesOf(tree), next), pick(messagesOf(tree), next)];
      [one.claims, other.claims] = [lengthOf(other), lengthOf(one)];
    }
    return encode(tree);
  },
  'fields edited': (bytes, next) => editTree(bytes, next, EDITS),
  'messages spliced': (bytes, next) => editTree(bytes, next, SPLICES),
};

/** Changes one to eight bytes of the structure. */
function damage(bytes, next, change) {
  const copy = Buffer.from(bytes);
  const places = structureOf(bytes);
  for (let i = 0; i < 1 + next() * 8; i++) {
    const at = pick(places, next);
    copy[at] = change(copy[at]);
  }
  return copy;
}

const structures = new WeakMap();

/** Offsets of all bytes that are not weights. */
function structureOf(bytes) {
  let places = structures.get(bytes);
  if (!places) {
    places = [];
    collect(modelTable, bytes, 0, bytes.length, places);
    structures.set(bytes, places);
  }
  return places;
}

function collect(table, bytes, start, end, places) {
  for (let at = start; at < end; ) {
    const field = readField(table, bytes, at, end);
    for (let i = at; i < field.body; i++) places.push(i);
    if (field.inner) collect(field.inner, bytes, field.body, field.end, places);
    else if (field.end - field.body <= WEIGHT) for (let i = field.body; i < field.end; i++) places.push(i);
    at = field.end;
  }
}

function readVarint(bytes, start) {
  let at = start;
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    value |= BigInt(bytes[at] & 0x7f) << shift;
    if (bytes[at++] < 0x80) return { value, at };
  }
}

/** One field of a file that is known to be whole. */
function readField(table, bytes, start, _end) {
  const tag = readVarint(bytes, start);
  const id = Number(tag.value >> 3n);
  const wire = Number(tag.value & 7n);
  const known = table.byId[id];
  if (wire === 2) {
    const length = readVarint(bytes, tag.at);
    const inner = known?.message?.() ?? null;
    return { id, wire, inner, kind: known?.kind, body: length.at, end: length.at + Number(length.value) };
  }
  const end = wire === 0 ? readVarint(bytes, tag.at).at : tag.at + (wire === 1 ? 8 : 4);
  return { id, wire, inner: null, kind: known?.kind, body: tag.at, end };
}

/** A file as fields that can be moved: `children` for messages, `body` for the rest. */
function parse(table, bytes) {
  const fields = [];
  for (let at = 0; at < bytes.length; ) {
    const { id, wire, inner, kind, body, end } = readField(table, bytes, at, bytes.length);
    const content = bytes.subarray(body, end);
    fields.push({
      id,
      wire,
      kind,
      table: inner,
      ...(inner ? { children: parse(inner, content) } : { body: content }),
    });
    at = end;
  }
  return fields;
}

function encode(fields) {
  return Buffer.concat(
    fields.flatMap((field) => {
      const body = field.children ? encode(field.children) : field.body;
      const tag = varint(BigInt(field.id * 8 + field.wire));
      return field.wire === 2 ? [tag, varint(BigInt(field.claims ?? body.length)), body] : [tag, body];
    }),
  );
}

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function lengthOf(field) {
  return (field.children ? encode(field.children) : field.body).length;
}

/** Every field with the list it is in. */
function slotsOf(fields, found = []) {
  for (const field of fields) {
    found.push({ list: fields, field });
    if (field.children) slotsOf(field.children, found);
  }
  return found;
}

function messagesOf(fields) {
  return slotsOf(fields).flatMap(({ field }) => (field.children ? [field] : []));
}

function editTree(bytes, next, edits) {
  const tree = parse(modelTable, bytes);
  for (let i = 0; i < 1 + next() * 4; i++) {
    const slots = slotsOf(tree);
    if (slots.length > 0) pick(edits, next)(slots, next);
  }
  return encode(tree);
}

const leaf = (slots, next, wanted) => {
  const leaves = slots.filter(({ field }) => !field.children && wanted(field));
  return leaves.length > 0 ? pick(leaves, next).field : null;
};

const EDITS = [
  // Another number: dims, types, axes, offsets.
  (slots, next) => {
    const field = leaf(slots, next, ({ wire }) => wire === 0);
    if (field) field.body = varint(pick(INTERESTING, next));
  },
  // Another of the file's own texts: names collide, operators change.
  (slots, next) => {
    const field = leaf(slots, next, ({ kind }) => kind === 'string');
    const other = leaf(slots, next, ({ kind }) => kind === 'string');
    if (field && other) field.body = next() < 0.2 ? Buffer.alloc(next() * 400, 0x61) : other.body;
  },
  // Data of another size.
  (slots, next) => {
    const field = leaf(slots, next, ({ wire }) => wire === 2);
    if (field) field.body = field.body.subarray(0, Math.floor(next() * (field.body.length + 1)));
  },
  // Another field, or another wire type.
  (slots, next) => {
    const { field } = pick(slots, next);
    if (next() < 0.7) field.id = 1 + Math.floor(next() * 26);
    else if (!field.children) field.wire = pick([0, 1, 2, 5], next);
  },
  // Numbers inside a packed list or raw data.
  (slots, next) => {
    const field = leaf(slots, next, ({ wire, body }) => wire === 2 && body.length > 0);
    if (!field) return;
    field.body = Buffer.from(field.body);
    field.body[Math.floor(next() * Math.min(field.body.length, 64))] = next() * 256;
  },
];

const SPLICES = [
  (slots, next) => {
    const { list, field } = pick(slots, next);
    list.splice(list.indexOf(field), 1);
  },
  (slots, next) => {
    const { list, field } = pick(slots, next);
    list.splice(Math.floor(next() * (list.length + 1)), 0, field);
  },
  // A message in the place of another one of its kind.
  (slots, next) => {
    const one = pick(slots, next).field;
    const other = pick(slots, next).field;
    if (one.table !== other.table) return;
    [one.children, other.children] = [other.children, one.children];
    [one.body, other.body] = [other.body, one.body];
  },
  // A message where another kind is expected.
  (slots, next) => {
    const { list } = pick(slots, next);
    const { field } = pick(slots, next);
    if (lengthOf(field) < 20_000) list.splice(Math.floor(next() * list.length), 0, copyOf(field));
  },
  // Neighbours change places.
  (slots, next) => {
    const { list } = pick(slots, next);
    const [i, j] = [Math.floor(next() * list.length), Math.floor(next() * list.length)];
    [list[i], list[j]] = [list[j], list[i]];
  },
];

// A message moved into itself must not become endless.
function copyOf(field) {
  return field.children ? { ...field, children: field.children.map(copyOf) } : { ...field };
}
