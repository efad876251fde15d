/** Turns nodes between DequantizeLinear and QuantizeLinear into operators on integers (`--format qoperator`). */
import type { Attribute } from '../../ir/attribute.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { allGraphs } from '../../ir/walk.ts';
import { specOf } from '../../ops/table.ts';
import { opsetOf } from '../../passes/opsets.ts';
import { type Codes, codesBehind, codesInFront, quantizerOf } from './qoperator-codes.ts';
import { type Call, LAYOUTS, type Layout } from './qoperator-layouts.ts';
import { moveOnCodes } from './qoperator-move.ts';

/**
 * Rewrites the finished QDQ graph in place; what no integer operator expresses stays as it is. Returns the labels of
 * the nodes that were replaced, each with the operator it became.
 */
export function toQOperators(model: Model): ReadonlyMap<string, string> {
  const changed = new Map<string, string>();
  for (const graph of [...allGraphs(model, { functions: false })]) {
    const opset = opsetOf(model, graph);
    for (const node of graph.nodes) {
      const { label } = node;
      const became = replace(node, graph, opset) ?? moveOnCodes(node, opset);
      if (became !== null) changed.set(label, became);
    }
  }
  if ([...changed.values()].some((operator) => operator.startsWith('com.microsoft.')))
    model.opsets.set('com.microsoft', model.opsets.get('com.microsoft') ?? 1);
  return changed;
}

/** Puts the integer operator in the place of a node; null where there is none. */
function replace(node: Node, graph: Graph, opset: number): string | null {
  const role = specOf(node)?.quant;
  const operator = role?.kind === 'compute' ? role.static : undefined;
  const layout = operator === undefined ? undefined : LAYOUTS[operator];
  if (operator === undefined || !layout || !attributesFit(node, layout)) return null;
  const call = callOf(node, layout, opset);
  if (!call) return null;
  const { floats } = layout;
  if (!call.result && !floats) return null;
  const wanted = call.result || !floats ? { operator, inputs: layout.inputs } : floats;
  const at = wanted.operator.lastIndexOf('.');
  const name = node.name ? graph.uniqueNodeName(`${node.name}_quant`) : '';
  const attributes = attributesOf(node, layout, call);
  const output = node.output();
  const target = call.result ? call.result.codes : output;
  graph.insertBefore(node, {
    op: wanted.operator.slice(at + 1),
    domain: wanted.operator.slice(0, Math.max(at, 0)),
    name,
    inputs: wanted.inputs(call),
    outputs: [target],
    attributes,
  });
  const quantizer = call.result ? quantizerOf(output) : null;
  graph.remove(node);
  if (quantizer) graph.remove(quantizer);
  return wanted.operator;
}

/** Everything the integer operator is called with; null where something is not there as integers. */
function callOf(node: Node, layout: Layout, opset: number): Call | null {
  const data = layout.data(node).map((index) => codesBehind(node.input(index)));
  const output = node.output();
  if (data.some((codes) => codes === null) || !output) return null;
  const operands = data as Codes[];
  const bias = layout.bias === undefined ? null : node.input(layout.bias);
  const codes = bias ? codesBehind(bias)?.codes : null;
  if (codes === undefined || (codes && codes.dtype !== 'int32')) return null;
  const result = codesInFront(output);
  const call: Call = { node, data: operands, bias: codes, result, opset };
  return typesFit(call) && scalesFit(call, layout) ? call : null;
}

/** Kernels take one type of data; only unsigned data meet a factor of either type. */
function typesFit({ data, result }: Call): boolean {
  const [first, ...others] = data;
  const type = first?.codes.dtype;
  if (type !== 'uint8' && type !== 'int8') return false;
  if (result && result.codes.dtype !== type) return false;
  const isWeight = (codes: Codes): boolean => type === 'uint8' && codes.codes.dtype === 'int8';
  return others.every((codes) => codes.codes.dtype === type || (isWeight(codes) && codes.codes.tensor));
}

/** Scales along an axis: the second factor alone has them, along the axis of the results. */
function scalesFit({ node, data }: Call, layout: Layout): boolean {
  return data.every(({ axis, codes }, index) => {
    if (axis === null) return true;
    const rank = codes.rank ?? 0;
    const allowed = index === 1 ? (layout.channelAxis?.(node, rank) ?? null) : null;
    return allowed !== null && (axis < 0 ? axis + rank : axis) === allowed;
  });
}

function attributesFit(node: Node, { fixed = {} }: Layout): boolean {
  return Object.entries(fixed).every(([name, only]) => {
    const attribute = node.attributes.get(name);
    if (!attribute) return true;
    const values =
      attribute.kind === 'ints' || attribute.kind === 'floats' ? attribute.value : [attribute.value];
    return values.every((value) => Number(value) === only);
  });
}

function attributesOf(node: Node, layout: Layout, call: Call): Map<string, Attribute> {
  const own = [...node.attributes].filter(([name]) => layout.fixed?.[name] === undefined);
  return new Map([...own, ...Object.entries(layout.attributes?.(call) ?? {})]);
}
