/** The strands of a node, read from the facts about its operator. */
import type { Node } from '../../ir/node.ts';
import { type Binding, type BoundAxis, baseLabel, bind } from '../../ops/bind.ts';
import { contractedLabels } from '../../ops/contraction.ts';
import type { Signature } from '../../ops/signature.ts';
import { signatureOf } from '../../ops/signature-of.ts';
import { isRelation } from '../../ops/spec.ts';
import { specOf } from '../../ops/table.ts';
import { tellsDims } from '../cut/pin-shapes.ts';
import { pickedAxes } from './picks.ts';
import { reshapeStrands } from './reshape.ts';
import { segmentStrands } from './segments.ts';
import type { Site, Sites } from './site.ts';
import { frozenAxis, frozenNode, frozenSite, layout, type Place, type Strand } from './strand.ts';

/** Every axis of every tensor of the node whose extent is known lies on at least one of them. */
export function strandsOf(node: Node, sites: Sites): Strand[] {
  const axes = specOf(node)?.axes;
  // It goes on saying what was there before: see pin-shapes.ts.
  if (tellsDims(node)) return [];
  const inputs = node.inputs.map((_, index) => sites.input(node, index));
  const outputs = node.outputs.map((value) => value && sites.output(value));
  const refuse = (reason: string) => frozenNode(node, inputs, outputs, reason);
  const unknown = [...node.inputs, ...node.outputs].find(
    (value, at) => value && ![...inputs, ...outputs][at],
  );
  if (unknown) {
    const around = node.graph?.parent ? `, in the body '${node.graph.name}'` : '';
    return refuse(`the shape of '${unknown.name}' at ${node.label} is unknown${around}`);
  }
  if (node.subgraphs.length > 0) return refuse(`${node.label} hands it to a graph of its own`);
  if (isRelation(axes)) {
    if (axes.relation === 'reshape') return reshapeStrands(node, inputs, outputs);
    return segmentStrands(node, axes, inputs, outputs);
  }
  const signature = signatureOf(node);
  if (!signature) return refuse(`nothing is known of the axes of ${node.label}`);
  const shapes = new Map([...inputs, ...outputs].flatMap((site) => (site ? [[site.value, site.shape]] : [])));
  const bound = bind(signature, node, (value) => shapes.get(value) ?? null);
  if ('refusal' in bound) return refuse(`${node.label}: ${bound.refusal}`);
  return signatureStrands(node, signature, bound.binding, inputs, outputs);
}

interface Growing {
  readonly size: number;
  readonly labels: string[];
  readonly places: Place[];
  frozen: string | null;
  readonly approximate: string | null;
  readonly attributes: readonly string[];
}

function signatureStrands(
  node: Node,
  signature: Signature,
  binding: Binding,
  inputs: readonly (Site | null)[],
  outputs: readonly (Site | null)[],
): Strand[] {
  const { strands, taken } = pickedAxes(node, inputs[0] ?? null, outputs[0] ?? null);
  // Outputs that the node leaves out keep nothing: the keys of fused attention are summed over unless they are handed out.
  const summed = contractedLabels({
    ...signature,
    outputs: signature.outputs.map((pattern, index) => (outputs[index] ? pattern : null)),
  });
  const found = new Map<string, Growing>();
  const visit = (site: Site | null, axes: readonly BoundAxis[] | null | undefined, slot: number): void => {
    if (!site) return;
    if (!axes) {
      strands.push(...frozenSite(node, site, slot, `nothing is known of this tensor at ${node.label}`));
      return;
    }
    for (const [axis, bound] of axes.entries()) {
      if (taken(site, axis)) continue;
      const factors = factorsOf(bound, site.shape[axis], binding);
      if (typeof factors === 'string') {
        const strand = frozenAxis(node, site, slot, axis, `${node.label} ${factors}`);
        if (strand) strands.push(strand);
        continue;
      }
      for (const { label, size, inner } of factors) {
        const base = baseLabel(label);
        const extent = site.shape[axis] as number;
        const grown = strandFor(found, node, signature, label, size);
        grown.places.push({
          site,
          slot,
          axis,
          at: layout(extent, size, inner),
          summed: slot >= 0 && summed.has(base),
        });
      }
    }
  };
  for (const [index, site] of inputs.entries()) visit(site, binding.inputs[index], index);
  for (const [index, site] of outputs.entries()) visit(site, binding.outputs[index], ~index);
  return [...strands, ...[...found.values()].map((each): Strand => ({ node, ...each }))];
}

/** Labels whose size one attribute states are one strand: the hidden units of an LSTM as rows and as columns. */
function strandFor(
  found: Map<string, Growing>,
  node: Node,
  signature: Signature,
  label: string,
  size: number,
): Growing {
  const base = baseLabel(label);
  const source = signature.sizes.get(base);
  const attribute = typeof source === 'object' ? source.attribute : null;
  const key = attribute === null ? label : `=${attribute}`;
  const known = found.get(key);
  const spec = specOf(node);
  const marked = signature.frozen.has(base);
  const averaged = marked && spec?.statistics === true;
  const fixed = typeof source === 'number' && spec?.statedShape === undefined;
  const reason = (marked && !averaged) || fixed ? `${node.label} needs the whole axis` : null;
  if (known) {
    if (!known.labels.includes(label)) known.labels.push(label);
    if (known.size !== size) known.frozen ??= `${node.label} has two sizes for it`;
    known.frozen ??= reason;
    return known;
  }
  const made: Growing = {
    size,
    labels: [label],
    places: [],
    frozen: reason,
    approximate: averaged ? `${node.label} takes means over the axis` : null,
    attributes: [...(attribute === null ? [] : [attribute]), ...ofProducts(signature, base)],
  };
  found.set(key, made);
  return made;
}

/** Attributes that state the sizes of products the label is a factor of. */
function ofProducts({ products }: Signature, label: string): string[] {
  return products.flatMap(({ labels, source }) =>
    labels.includes(label) && typeof source === 'object' ? [source.attribute] : [],
  );
}

interface SizedFactor {
  readonly label: string;
  readonly size: number;
  readonly inner: number;
}

/** The labels along an axis, outermost first, those of size 1 left out; as text why they are not known. */
function factorsOf(
  { factors, window }: BoundAxis,
  extent: unknown,
  { extents }: Binding,
): readonly SizedFactor[] | string {
  if (window) return 'slides over the axis';
  if (typeof extent !== 'number' || extent < 2) return [];
  const sizes = factors.map((factor) => (typeof factor === 'number' ? factor : extents.get(factor)));
  if (factors.length === 0) return 'says nothing of the axis';
  let inner = 1;
  const found: SizedFactor[] = [];
  for (let index = factors.length - 1; index >= 0; index--) {
    const size = sizes[index];
    const label = factors[index];
    if (typeof size !== 'number') return 'has the axis as a product of unknown sizes';
    if (typeof label === 'string' && size > 1) found.unshift({ label, size, inner });
    inner *= size;
  }
  if (inner !== extent) return 'has another size for the axis';
  return found.length > 0 ? found : 'fixes the size of the axis';
}
