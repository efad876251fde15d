/** Tables that are looked up and multiplied by, too: one set of int8 codes serves both. */
import { int, ints } from '../../ir/attribute.ts';
import { bytesOf, computedBytes } from '../../ir/bytes.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Use, Value } from '../../ir/value.ts';
import { allGraphs } from '../../ir/walk.ts';
import { specOf } from '../../ops/table.ts';
import type { Selection } from '../../passes/selection.ts';
import { constantMatrix } from '../constant-matrix.ts';
import type { DynamicQuantizer } from '../dynamic/quantizer.ts';
import { quantizeWeight } from '../weight.ts';
import type { StaticWeights } from './weights.ts';

/** A table [rows, width] and its twin [width, rows], which products read as long as things are decided. */
export interface Tie {
  readonly table: Value;
  readonly twin: Value;
  /** The twin as it was made; a transform may put other numbers there. */
  readonly made: Tensor;
}

/**
 * Puts a constant in the place of the Transpose between a table and products, so that they count as products with a
 * weight. Only where rows of the table are looked up, and may be.
 */
export function untieTables(model: Model, select: Selection): Tie[] {
  const ties: Tie[] = [];
  for (const graph of allGraphs(model, { functions: false }))
    for (const table of [...graph.initializers]) {
      const turns = table.uses.flatMap(({ node }) => (isTurn(node, table) ? [node] : []));
      const looked = table.uses.filter(({ node, index }) => isLookUp(node, index));
      if (turns.length === 0 || looked.length === 0 || table.tensor?.dtype !== 'float32') continue;
      if (looked.some(({ node }) => select(node) !== null)) continue;
      const made = turned(table.tensor);
      const twin = graph.addInitializer(`${table.name}_turned`, made);
      for (const turn of turns) {
        turn.output()?.replaceAllUsesWith(twin);
        turn.graph?.remove(turn);
      }
      ties.push({ table, twin, made });
    }
  return ties;
}

/** Whether a node does nothing but turn the table for products in its own graph. */
function isTurn(node: Node, table: Value): boolean {
  const output = node.output();
  if (!output || output.isGraphOutput || node.graph !== table.graph) return false;
  return constantMatrix(output)?.transposed === true && output.uses.every(isFactor);
}

function isFactor({ node, index }: Use): boolean {
  const role = specOf(node)?.quant;
  return role?.kind === 'compute' && role.weights.includes(index);
}

function isLookUp(node: Node, index: number): boolean {
  const role = specOf(node)?.quant;
  return role?.kind === 'lookup' && role.weights.includes(index) && node.int('axis') === 0;
}

function turned(tensor: Tensor): Tensor {
  const [rows, columns] = tensor.dims as [number, number];
  const make = (): Uint8Array => {
    const values = floatsOf(tensor);
    const result = new Float32Array(values.length);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        result[column * rows + row] = values[row * columns + column] as number;
    return bytesOf(result);
  };
  return new Tensor({
    dtype: 'float32',
    dims: [columns, rows],
    source: computedBytes(tensor.byteLength, make),
  });
}

/**
 * Gives look-ups and products the same codes, those of the table with a scale for each row; onnxruntime folds the
 * Transpose behind them. Twins that nobody quantized become Transposes again.
 * @returns constants that are of no more use
 */
export function retieTables(ties: readonly Tie[], weights: StaticWeights, q: DynamicQuantizer): Value[] {
  const unused: Value[] = [];
  for (const { table, twin, made } of ties) {
    const [constant, ...others] = weights.madeOf(twin);
    if (twin.useCount > 0 && twin.tensor === made) turnAgain(table, twin);
    else if (constant && others.length === 0 && table.tensor && twin.tensor === made) {
      const { type, reduceRange } = weights.spec;
      const [old, scale, zeroPoint] = constant.inputs as [Value, Value, Value];
      const axis = constant.axis === null ? null : 0;
      const scales = floatsOf(scale.tensor as Tensor);
      const spec = { type, symmetric: true, moved: true, reduceRange, axis, scales } as const;
      const codes = table.graph.addInitializer(
        `${table.name}_codes`,
        quantizeWeight(table.tensor, spec).codes,
      );
      for (const { node } of old.uses) turnBehind(node, [codes, scale, zeroPoint], axis);
      q.adopt(table, { codes, scale, zeroPoint }, { type, axis });
      unused.push(old);
    }
    unused.push(twin);
  }
  return unused;
}

/** Look-ups take the codes of products that read the table as it lies; scales by row or of the whole suit both. */
export function shareTables(model: Model, weights: StaticWeights, q: DynamicQuantizer): void {
  for (const graph of allGraphs(model, { functions: false }))
    for (const table of graph.initializers) {
      if (!table.uses.some(({ node, index }) => isLookUp(node, index))) continue;
      const [constant, ...others] = weights.madeOf(table);
      if (!constant || others.length > 0 || constant.axis === 1) continue;
      const [codes, scale, zeroPoint] = constant.inputs as [Value, Value, Value];
      q.adopt(table, { codes, scale, zeroPoint }, { type: weights.spec.type, axis: constant.axis });
    }
}

function turnAgain(table: Value, twin: Value): void {
  const { graph } = table;
  const output = graph.value(`${table.name}_transposed`);
  output.type = { dtype: 'float32', shape: twin.tensor?.dims ?? null };
  twin.replaceAllUsesWith(output);
  const attributes = new Map([['perm', ints([1, 0])]]);
  graph.prepend({
    op: 'Transpose',
    name: `${table.name}_Transpose`,
    inputs: [table],
    outputs: [output],
    attributes,
  });
}

/** DequantizeLinear reads the table's own codes; a Transpose behind it gives what it gave before. */
function turnBehind(node: Node, inputs: readonly Value[], axis: number | null): void {
  const { graph } = node;
  const output = node.output();
  if (!graph || !output) return;
  for (const [index, input] of inputs.entries()) node.setInput(index, input);
  if (axis !== null) node.attributes.set('axis', int(axis));
  const floats = graph.value(`${output.name}_rows`);
  floats.type = { dtype: 'float32', shape: inputs[0]?.tensor?.dims ?? null };
  node.setOutput(0, floats);
  output.producer = null;
  const attributes = new Map([['perm', ints([1, 0])]]);
  graph.insertAfter(node, {
    op: 'Transpose',
    name: graph.uniqueNodeName(`${node.name}_Transpose`),
    inputs: [floats],
    outputs: [output],
    attributes,
  });
}
