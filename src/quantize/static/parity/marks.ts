/** What onnxruntime's static quantizer notes down while its rules look at the nodes: tensors, biases, nodes to drop. */
import type { Graph } from '../../../ir/graph.ts';
import type { Node } from '../../../ir/node.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import type { Use, Value } from '../../../ir/value.ts';

/** What becomes of a tensor: codes of the activations, of the weights, or with another tensor's parameters. */
export type Mark =
  | { readonly kind: 'activation' }
  | { readonly kind: 'weight'; readonly axis: number | null }
  | { readonly kind: 'shared'; readonly from: Value };

/** A bias that becomes int32 with step scale(input) * scale(weight) * beta. */
export interface BiasMark {
  readonly input: Value;
  readonly weight: Value;
  readonly beta: number;
}

export interface MarkOptions {
  readonly opset: number;
  readonly perChannel: boolean;
  /** Symmetric activations keep Relu and Clip. */
  readonly symmetric: boolean;
  /** Values whose ranges are known from data. */
  readonly calibrated: ReadonlySet<Value>;
}

/** Rules read and write this; order is that of the notes, as ties between rules go to the first. */
export class Marks {
  readonly graph: Graph;
  readonly options: MarkOptions;
  readonly tensors = new Map<Value, Mark>();
  readonly biases = new Map<Value, BiasMark>();
  /** Values that a DequantizeLinear of the model makes: they are quantized already. */
  readonly dequantized = new Set<Value>();

  constructor(graph: Graph, options: MarkOptions) {
    this.graph = graph;
    this.options = options;
  }

  /** Quantizes a value with the type of activations; constants too. */
  activation(value: Value | null): void {
    if (value && isFloat(value) && !this.tensors.has(value)) this.tensors.set(value, { kind: 'activation' });
  }

  /** A weight, with a scale for each index of `axis` if it is a constant that has this axis and channels are wanted. */
  weight(value: Value | null, axis: number): void {
    if (!value || !isFloat(value)) return;
    const rank = value.tensor?.dims.length;
    const channel = axis < 0 ? axis + (rank ?? 0) : axis;
    if (rank !== undefined && this.options.perChannel && channel >= 0 && channel < rank)
      this.tensors.set(value, { kind: 'weight', axis: channel });
    else if (!this.tensors.has(value)) this.tensors.set(value, { kind: 'weight', axis: null });
  }

  /** The value gets the parameters of another one, whatever was noted before. */
  share(value: Value | null, from: Value | null): void {
    if (value && from && isFloat(value)) this.tensors.set(value, { kind: 'shared', from });
  }

  /** A constant bias; where another node has noted it, this node gets a copy, as their steps differ. */
  bias(node: Node, index: number, { input, weight, beta }: Nullable<BiasMark>): void {
    const value = node.input(index);
    if (!value?.tensor || !isFloat(value) || !input || !weight) return;
    let own = value;
    if (this.biases.has(value)) {
      own = copyOf(value, value.tensor, this.graph);
      for (const use of this.readers(value))
        if (use.node.name === node.name) use.node.setInput(use.index, own);
    }
    this.biases.set(own, { input, weight, beta: beta ?? 1 });
  }

  isMarked(value: Value | null): boolean {
    return value !== null && (this.tensors.has(value) || this.biases.has(value));
  }

  /** Uses by the nodes of this graph; bodies of control flow are not looked into. */
  readers(value: Value): Use[] {
    return value.uses.filter(({ node }) => node.graph === this.graph);
  }

  /** Removes a node that cuts off values; what was in front of it makes its output. False where that cannot be. */
  absorb(node: Node): boolean {
    const [input, output] = [node.input(0), node.output()];
    const producer = input?.producer;
    const { calibrated, symmetric } = this.options;
    if (symmetric || !input || !output || !producer || !calibrated.has(output)) return false;
    if (input.useCount !== 1 || input.isGraphOutput || input.isGraphInput) return false;
    const place = producer.outputs.indexOf(input);
    this.graph.remove(node);
    producer.setOutput(place, output);
    this.tensors.delete(input);
    return true;
  }
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

export function isFloat(value: Value): boolean {
  return value.dtype === 'float32';
}

/** A constant of the same elements, named with the next free number behind the name. */
function copyOf(value: Value, tensor: Tensor, graph: Graph): Value {
  let last = -1;
  for (const { name } of graph.initializers) {
    const suffix = name.startsWith(value.name) ? name.slice(value.name.length) : '';
    if (/^[+-]?\d+(_\d+)*$/.test(suffix)) last = Math.max(last, Number(suffix.replaceAll('_', '')));
  }
  return graph.addInitializer(`${value.name}${last + 1}`, tensor);
}
