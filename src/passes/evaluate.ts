/** Evaluates nodes whose inputs are all constants, many at once, in onnxruntime. */
import type { HostTensor } from '../data/host-tensor.ts';
import { LlmcError } from '../errors.ts';
import { memoryBytes } from '../ir/bytes.ts';
import { byteLengthOf, DTYPES, type DType } from '../ir/dtype.ts';
import { Graph } from '../ir/graph.ts';
import { Model } from '../ir/model.ts';
import { Node } from '../ir/node.ts';
import { sizeOf, Tensor } from '../ir/tensor.ts';
import { Value } from '../ir/value.ts';
import { encodeModel } from '../onnx/write.ts';
import { openSession, type Session } from '../runtime/session.ts';

/** Constants up to this size are written into the small model, so that shapes follow from their values. */
const EMBEDDED_BYTES = 2048;
/** A single result above this is not computed: its place is not in memory. */
const RESULT_BYTES = 128 << 20;

export interface Evaluation {
  /** What is known by now; results are added. */
  readonly known: Map<Value, Tensor>;
  /** Nodes that could not be evaluated, with the reason. */
  readonly failed: Map<Node, string>;
}

export interface Request {
  readonly opsets: ReadonlyMap<string, number>;
  /** In an order in which each finds its inputs among constants, known values and outputs of nodes before it. */
  readonly nodes: readonly Node[];
  readonly constant: (value: Value) => Tensor | null;
  /** Bytes above which a result of the node is not wanted. */
  readonly limit: (node: Node) => number;
}

/**
 * Adds the outputs that somebody outside `nodes` reads to `known`. A node that cannot be evaluated (no kernel, a
 * result that is no tensor or too large) goes to `failed`, and takes along what depends on it.
 */
export async function evaluate(request: Request, into: Evaluation): Promise<void> {
  const ready = available(request, into);
  if (ready.length === 0) return;
  const problem = await attempt({ ...request, nodes: ready }, into);
  if (problem === null) return;
  const [only] = ready;
  if (ready.length === 1 && only) {
    into.failed.set(only, problem);
    return;
  }
  const half = ready.length >> 1;
  await evaluate({ ...request, nodes: ready.slice(0, half) }, into);
  await evaluate({ ...request, nodes: ready.slice(half) }, into);
}

/** The nodes all of whose inputs are at hand. */
function available({ nodes, constant }: Request, { known, failed }: Evaluation): Node[] {
  const made = new Set<Value>();
  return nodes.filter((node) => {
    const ready = node.inputs.every(
      (value) => !value || known.has(value) || constant(value) || made.has(value),
    );
    if (!ready || failed.has(node)) return false;
    for (const value of node.outputs) if (value) made.add(value);
    return true;
  });
}

/** One small model for all nodes; null when it worked, else what went wrong. */
async function attempt(request: Request, into: Evaluation): Promise<string | null> {
  const small = new SmallModel(request, into.known);
  let session: Session | undefined;
  try {
    session = await openSession({ model: small.encode() }, { threads: 1, optimize: 'disabled' });
    const refused = new Map<Node, string>();
    for (const [index, info] of session.outputs.entries()) {
      const value = small.outputs[index];
      const producer = value?.producer;
      const reason = producer && refusal(info.dtype, info.dims, request.limit(producer));
      if (reason) refused.set(producer, reason);
    }
    if (refused.size > 0) {
      for (const [node, reason] of refused) into.failed.set(node, reason);
      await evaluate({ ...request, nodes: request.nodes.filter((node) => !refused.has(node)) }, into);
      return null;
    }
    const wanted = small.wanted();
    const results = await session.run(small.feeds, [...wanted.keys()]);
    for (const [name, value] of wanted) {
      const result = results[name];
      if (result) into.known.set(value, toTensor(result));
    }
    return null;
  } catch (error) {
    if (error instanceof LlmcError) return error.message;
    throw error;
  } finally {
    await session?.release();
  }
}

/** Why a result of this type cannot become a constant; null when it can. */
function refusal(dtype: string, dims: readonly (number | string | null)[], limit: number): string | null {
  if (!(dtype in DTYPES)) return `its result is of type ${dtype}`;
  const type = dtype as DType;
  if (!isTransferable(type)) return `onnxruntime does not hand out ${dtype}`;
  const sizes = dims.map((dim) => (typeof dim === 'number' ? dim : 1));
  const bytes = byteLengthOf(type, sizeOf(sizes));
  return bytes > Math.min(limit, RESULT_BYTES) ? `its result has ${bytes} bytes` : null;
}

/** True for types that go in and out of onnxruntime-node. */
export function isTransferable(dtype: DType): boolean {
  const { storage, kind } = DTYPES[dtype];
  return storage !== 'packed' && kind !== 'complex' && dtype !== 'bfloat16' && !dtype.startsWith('float8');
}

function toTensor({ dtype, dims, data }: HostTensor): Tensor {
  if (!Array.isArray(data)) return Tensor.of(dtype as DType, dims, data);
  const strings = data.map((text) => new TextEncoder().encode(text));
  return new Tensor({ dtype: 'string', dims, source: memoryBytes(new Uint8Array(0)), strings });
}

/** The nodes in a graph of their own, under short names: branches of an If may use the same name twice. */
class SmallModel {
  readonly feeds: Record<string, HostTensor> = {};
  /** Values of the large model behind the outputs, in order. */
  readonly outputs: Value[] = [];
  readonly #graph = new Graph(null);
  readonly #request: Request;
  readonly #own = new Map<Value, Value>();

  constructor(request: Request, known: ReadonlyMap<Value, Tensor>) {
    this.#request = request;
    this.#graph.name = 'constants';
    for (const node of request.nodes) {
      const inputs = node.inputs.map(
        (value) => value && (this.#own.get(value) ?? this.#constant(value, known)),
      );
      const outputs = node.outputs.map((value) => value && this.#output(value));
      const { op, domain, attributes } = node;
      this.#graph.append(new Node({ op, domain, attributes, inputs, outputs }));
    }
  }

  encode(): Uint8Array {
    const model = new Model(10, this.#request.opsets, this.#graph);
    return encodeModel(model);
  }

  /** Outputs that are read by anything but the nodes of this model. */
  wanted(): Map<string, Value> {
    const inside = new Set(this.#request.nodes);
    const wanted = new Map<string, Value>();
    for (const value of this.outputs) {
      if (!value.isGraphOutput && value.uses.every(({ node }) => inside.has(node))) continue;
      wanted.set(this.#own.get(value)?.name ?? '', value);
    }
    return wanted;
  }

  #name(value: Value): Value {
    const own = new Value(`v${this.#own.size}`, this.#graph);
    this.#own.set(value, own);
    return own;
  }

  #output(value: Value): Value {
    const own = this.#name(value);
    this.#graph.outputs.push(own);
    this.outputs.push(value);
    return own;
  }

  #constant(value: Value, known: ReadonlyMap<Value, Tensor>): Value {
    const tensor = known.get(value) ?? this.#request.constant(value);
    const own = this.#name(value);
    if (!tensor) throw new Error(`evaluate: ${value.name} is not constant`);
    const { dtype, dims, strings } = tensor;
    own.type = { dtype, shape: dims };
    if (strings || tensor.byteLength <= EMBEDDED_BYTES || !isTransferable(dtype)) {
      own.tensor = tensor;
      this.#graph.initializers.add(own);
    } else {
      this.#graph.inputs.push(own);
      this.feeds[own.name] = { dtype, dims, data: tensor.array() };
    }
    return own;
  }
}
