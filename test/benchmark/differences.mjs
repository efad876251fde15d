/** What tells two quantized models apart: nodes, constants, numbers; the order of things does not count. */

/** Units in the last place by which scales may differ. */
const ULPS = 1;

/** @returns {string[]} a line for each difference; none when the models are the same */
export function differences(own, theirs) {
  return [
    ...nodeDifferences(own, theirs),
    ...constantDifferences(own, theirs),
    ...opsetDifferences(own, theirs),
  ];
}

function nodeDifferences(own, theirs) {
  const [mine, others] = [own, theirs].map(({ graph }) => counted(graph.nodes.map(nodeText)));
  return [...only(mine, others, 'only here'), ...only(others, mine, 'missing')];
}

function counted(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

function only(some, others, label) {
  return [...some].flatMap(([text, count]) => ((others.get(text) ?? 0) < count ? [`${label}: ${text}`] : []));
}

function nodeText(node) {
  const names = node.inputs.map((value) => value?.name ?? '');
  while (names.at(-1) === '') names.pop();
  const attributes = [...node.attributes]
    .filter(([, { kind }]) => ['int', 'ints', 'float', 'floats', 'string'].includes(kind))
    .map(([name, { kind, value }]) => `${name}=${kind === 'string' ? Buffer.from(value) : value}`);
  const outputs = node.outputs.map((value) => value?.name ?? '');
  return `${node.name}: ${outputs} = ${node.opType}(${names}) ${attributes.sort().join(' ')}`.trimEnd();
}

function constantDifferences(own, theirs) {
  const [mine, others] = [own, theirs].map(
    ({ graph }) => new Map([...graph.initializers].map(({ name, tensor }) => [name, tensor])),
  );
  const found = [];
  for (const [name, tensor] of mine) {
    const other = others.get(name);
    if (!other) found.push(`only here: constant ${name}`);
    else if (!same(tensor, other)) found.push(`${name}: ${show(tensor)} instead of ${show(other)}`);
  }
  for (const name of others.keys()) if (!mine.has(name)) found.push(`missing: constant ${name}`);
  return found;
}

function same(a, b) {
  if (a.dtype !== b.dtype || String(a.dims) !== String(b.dims)) return false;
  const [x, y] = [a.bytes(), b.bytes()];
  if (Buffer.compare(x, y) === 0) return true;
  if (a.dtype !== 'float32') return false;
  // Its tools make infinite scales of ranges near the largest float, which nothing can be computed with: not copied.
  if (new Float32Array(y.slice().buffer).every((value) => !Number.isFinite(value))) return true;
  const [p, q] = [x, y].map((bytes) => new Int32Array(bytes.slice().buffer));
  return p.every((value, at) => Math.abs(value - q[at]) <= ULPS);
}

function show(tensor) {
  const some = tensor.dtype === 'string' ? [] : Array.from(tensor.array().subarray(0, 3), Number);
  return `${tensor.dtype}[${tensor.dims}] ${some.join(' ')}`;
}

function opsetDifferences(own, theirs) {
  const [mine, others] = [own, theirs].map(({ opsets }) => String([...opsets].sort()));
  return mine === others ? [] : [`opsets ${mine} instead of ${others}`];
}
