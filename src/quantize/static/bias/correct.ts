/** Bias correction on the quantized model: layer by layer, each bias takes back what moved the means of its results. */
import { LlmcError } from '../../../errors.ts';
import type { Graph } from '../../../ir/graph.ts';
import type { Model } from '../../../ir/model.ts';
import { Node } from '../../../ir/node.ts';
import { Tensor } from '../../../ir/tensor.ts';
import type { Value } from '../../../ir/value.ts';
import { roundHalfEven } from '../../../numeric/rounding.ts';
import { weightBytes } from '../../../onnx/layout.ts';
import { cloneModel } from '../../../onnx/read.ts';
import { encodeModel } from '../../../onnx/write.ts';
import { runBatches } from '../../../probe/batches.ts';
import type { Feeds } from '../../../runtime/feeds.ts';
import { openSession } from '../../../runtime/session.ts';
import type { Context } from '../../../step.ts';
import { Chain } from './chain.ts';
import { type BiasedLayer, type StoredBias, storedBias } from './layers.ts';
import { rowMeans } from './row-means.ts';
import { Shift } from './shift.ts';

/** Rows that are compared, at most: means settle much sooner than ranges. */
const ROWS = 64;
/** Rows in a batch where the model leaves it open. */
const BATCH = 8;
const INT32 = 2 ** 31 - 1;
/** A protobuf in memory must stay below 2 GiB. */
const MOST_BYTES = 2e9;

/** What the float model gives, to compare with: kept from before it was quantized. */
export class FloatMeans {
  readonly layers: readonly BiasedLayer[];
  readonly #feeds: Feeds[] = [];
  /** By layer and batch, [rows, channels]. */
  readonly #means: Float32Array[][];

  private constructor(layers: readonly BiasedLayer[]) {
    this.layers = layers;
    this.#means = layers.map(() => []);
  }

  /**
   * Runs the float model on the data. Null where there is nothing to correct, or the model is above 2 GB.
   * @throws LlmcError DATA when the data does not fit, RUNTIME when the model does not run on it
   */
  static async of(
    model: Model,
    layers: readonly BiasedLayer[],
    data: { readonly data: string; readonly samples: number },
    context: Context,
  ): Promise<FloatMeans | null> {
    if (layers.length === 0 || weightBytes(model) > MOST_BYTES) return null;
    const copy = cloneModel(model);
    const values = valuesOf(copy.graph);
    const outputs = layers.map((layer) => {
      const value = values.get(layer.result);
      return value ? rowMeans(copy.graph, value, layer, copy.opset) : null;
    });
    copy.graph.outputs = outputs.filter((value) => value !== null);
    const means = new FloatMeans(layers);
    const session = await openSession({ model: encodeModel(copy) }, { threads: context.threads });
    try {
      await runBatches(
        session,
        { data: data.data, samples: Math.min(data.samples, ROWS), label: 'means of the float model' },
        BATCH,
        {
          read(found, feeds) {
            means.#feeds.push(feeds);
            for (const [index, output] of outputs.entries()) {
              const tensor = output && found[output.name]?.data;
              means.#means[index]?.push(tensor instanceof Float32Array ? tensor : new Float32Array());
            }
          },
          forget() {
            means.#feeds.length = 0;
            for (const batches of means.#means) batches.length = 0;
          },
        },
        context,
      );
    } finally {
      await session.release();
    }
    return means;
  }

  /**
   * Corrects the biases of the quantized model, from the input on: whatever a layer reads has been corrected, so that no
   * shift is taken back twice (Nagel et al. 2019, arXiv 1906.04721, appendix D). Rounded weights, cut-off and rounded
   * activations, and kernels at padded rims all count.
   * @returns how many layers it changed
   */
  async correct(quantized: Model, context: Context): Promise<number> {
    const copy = cloneModel(quantized);
    const values = valuesOf(copy.graph);
    const probes = new Map<
      Value,
      { readonly index: number; readonly real: StoredBias; readonly own: StoredBias }
    >();
    for (const [index, layer] of this.layers.entries()) {
      const real = storedBias(layer.node, layer.bias);
      const node = values.get(layer.node.output()?.name ?? '')?.producer;
      const own = node && storedBias(node, layer.bias);
      const twin = node && own && twinOf(node, layer);
      if (real && own && twin)
        probes.set(rowMeans(copy.graph, twin, layer, copy.opset), { index, real, own });
    }
    const chain = new Chain(copy, [...probes.keys()], this.#feeds, context);
    const progress = context.progress('correcting biases', probes.size);
    let changed = 0;
    for await (const { stop, found } of chain.arrivals()) {
      const probe = probes.get(stop);
      if (!probe) continue;
      const { real, own, index } = probe;
      const shift = new Shift(real.value.tensor?.size ?? 0);
      for (const [batch, { data }] of found.entries())
        if (data instanceof Float32Array) shift.add(this.#means[index]?.[batch] ?? [], data);
      const tensor = without(real, shift.estimate());
      if (tensor) {
        real.value.tensor = tensor;
        chain.changed.set(own.value, tensor);
        changed++;
      }
      progress.tick();
    }
    progress.done();
    return changed;
  }
}

/** The layer once more, for its result alone: its bias is read anew, so that the layer itself can wait for the correction. */
function twinOf(node: Node, layer: BiasedLayer): Value | null {
  const { graph } = node;
  if (!graph) return null;
  const inputs = node.inputs.map((value, index) => {
    const maker = value?.producer;
    if (index === layer.data || !maker?.constant(0)) return value;
    return copyOf(maker, maker.inputs, graph);
  });
  return copyOf(node, inputs, graph);
}

function copyOf(node: Node, inputs: readonly (Value | null)[], graph: Graph): Value {
  const output = graph.value('bias_correction_probe');
  const { op, domain, attributes } = node;
  const name = graph.uniqueNodeName('bias_correction_probe');
  graph.append(new Node({ op, domain, name, inputs, outputs: [output], attributes }));
  return output;
}

/** The bias less the shift; null where that changes nothing. */
function without({ value, scales }: StoredBias, shift: Float64Array): Tensor | null {
  const { tensor } = value;
  if (!tensor) return null;
  const old = tensor.array() as Int32Array | Float32Array;
  const made = old.slice();
  for (const [c, each] of shift.entries()) {
    const before = old[c] as number;
    if (!scales) made[c] = before - each;
    else {
      const scale = scales[scales.length === 1 ? 0 : c] as number;
      made[c] = Math.max(-INT32, Math.min(INT32, roundHalfEven(before - each / scale)));
    }
  }
  if (made.every((each, c) => each === old[c])) return null;
  return Tensor.of(scales ? 'int32' : 'float32', tensor.dims, made);
}

function valuesOf(graph: Graph): Map<string, Value> {
  return new Map(
    graph.nodes.flatMap((node) =>
      node.outputs.flatMap((value) => (value ? [[value.name, value] as const] : [])),
    ),
  );
}

/** Why a correction was given up: the model runs, but not in pieces. */
export function refusalOf(error: unknown): string | null {
  return error instanceof LlmcError && error.code === 'RUNTIME' ? error.message : null;
}
