/** A segment of a graph as a model of its own, constants exchanged where they have been rounded. */
import { DTYPES, type DType } from '../../ir/dtype.ts';
import type { Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { encode } from '../../onnx/encode.ts';
import type { ModelProto, NodeProto } from '../../onnx/proto.ts';
import { modelTable } from '../../onnx/schema.ts';
import { graphToProto, shellToProto, tensorToProto } from '../../onnx/to-proto.ts';
import { joinParts } from '../../onnx/write.ts';
import type { Segment } from './segments.ts';

/** Makes segment models of one model; its structure is translated once. */
export class SegmentModels {
  readonly #shell: ModelProto;
  readonly #nodes: ReadonlyMap<unknown, NodeProto>;

  constructor(model: Model) {
    const { metadata_props: _metadata, training_info: _training, ...shell } = shellToProto(model);
    this.#shell = shell;
    const protos = graphToProto(model.graph, () => null).node ?? [];
    this.#nodes = new Map(model.graph.nodes.map((node, index) => [node, protos[index] as NodeProto]));
  }

  /**
   * The bytes of a model whose inputs are what the segment needs and whose outputs are what it gives.
   * @param dtypes element types of the needed values
   * @param rounded what stands in for constants
   */
  bytes(
    segment: Segment,
    dtypes: ReadonlyMap<Value, string>,
    rounded: ReadonlyMap<Value, Tensor>,
  ): Uint8Array {
    const initializer = segment.constants.flatMap((value) => {
      const tensor = rounded.get(value) ?? value.tensor;
      return tensor ? [{ ...tensorToProto(tensor), name: value.name }] : [];
    });
    const input = segment.needs.map((value) => {
      const elem_type = DTYPES[(dtypes.get(value) ?? 'float32') as DType].code;
      return { name: value.name, type: { tensor_type: { elem_type } } };
    });
    const graph = {
      name: 'segment',
      node: segment.nodes.flatMap((node) => this.#nodes.get(node) ?? []),
      initializer,
      input,
      output: segment.gives.map(({ name }) => ({ name })),
    };
    return joinParts(encode(modelTable, { ...this.#shell, graph }));
  }
}
