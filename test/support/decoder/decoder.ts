/** Builds small language models with a cache of keys and values, in the forms exporters give them. */
import { Builder } from '../../../src/ir/builder.ts';
import { Model } from '../../../src/ir/model.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import type { Value } from '../../../src/ir/value.ts';
import { normal, seedFor } from '../../../src/random.ts';
import { attentionOf } from './attention.ts';
import { normOf } from './norm.ts';
import type { DecoderSizes, Form, Layer, Scope } from './scope.ts';

export interface DecoderOptions extends Partial<DecoderSizes> {
  readonly form: Form;
  /** The weight of a name; default noise that follows the name. */
  readonly weight?: (name: string, dims: readonly number[]) => Tensor;
}

export const SMALL: DecoderSizes = {
  layers: 2,
  width: 64,
  heads: 4,
  kvHeads: 2,
  hidden: 128,
  vocabulary: 256,
  positions: 256,
};

/**
 * input_ids, attention_mask, in some forms position_ids, and past_key_values.N.key and .value give logits and
 * present.N.key and .value. The table of tokens is the projection to logits, too.
 */
export function decoderModel(options: DecoderOptions): Model {
  const { form, weight = noise, ...given } = options;
  const rough = { ...SMALL, ...given };
  const single = form === 'multi-head' || form === 'plain';
  const sizes = single ? { ...rough, kvHeads: rough.heads } : rough;
  const domains: [string, number][] =
    form === 'standard'
      ? [['', 23]]
      : [
          ['', 21],
          ['com.microsoft', 1],
        ];
  const model = new Model(10, new Map(domains));
  const { graph } = model;
  graph.name = 'decoder';
  build({
    form,
    sizes,
    builder: new Builder(graph),
    headWidth: sizes.width / sizes.heads,
    weight: (name, dims) => graph.addInitializer(name, weight(name, dims)),
    input: (name, dtype, shape) => {
      const value = graph.value(name);
      value.type = { dtype, shape };
      graph.inputs.push(value);
      return value;
    },
  });
  return model;
}

function build(scope: Scope): void {
  const { builder, sizes, weight, input } = scope;
  const { width, hidden, vocabulary } = sizes;
  const ids = input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  const mask = input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  const table = weight('model.embed_tokens.weight', [vocabulary, width]);
  const attend = attentionOf(scope, ids, mask);
  const linear = (x: Value, name: string, from: number, to: number): Value =>
    builder.op('MatMul', [x, weight(`${name}.weight`, [from, to])], { name: `/${name}/MatMul` });
  const presents: Value[] = [];
  let x = builder.op('Gather', [table, ids], { name: '/model/embed_tokens/Gather' });
  for (let at = 0; at < sizes.layers; at++) {
    const layer = project(scope, normOf(scope, x, `model.layers.${at}.input_layernorm`), at, linear);
    const { label } = layer;
    presents.push(...layer.present);
    const attended = linear(attend(layer), `${label}.self_attn.o_proj`, width, width);
    x = builder.op('Add', [x, attended], { name: `/${label}/Add` });
    const y = normOf(scope, x, `${label}.post_attention_layernorm`);
    const gate = linear(y, `${label}.mlp.gate_proj`, width, hidden);
    const smooth = builder.op('Mul', [gate, builder.op('Sigmoid', [gate])]);
    const inner = builder.op('Mul', [smooth, linear(y, `${label}.mlp.up_proj`, width, hidden)]);
    x = builder.op('Add', [x, linear(inner, `${label}.mlp.down_proj`, hidden, width)]);
  }
  const last = normOf(scope, x, 'model.norm');
  const projection = builder.op('Transpose', [table], { name: '/lm_head/Transpose' });
  const logits = builder.graph.value('logits');
  builder.op('MatMul', [last, projection], { name: '/lm_head/MatMul', into: logits });
  logits.type = { dtype: 'float32', shape: ['batch_size', 'sequence_length', vocabulary] };
  builder.graph.outputs.push(logits, ...presents);
}

function project(
  scope: Scope,
  x: Value,
  at: number,
  linear: (x: Value, name: string, from: number, to: number) => Value,
): Layer {
  const { builder, sizes, headWidth, input } = scope;
  const label = `model.layers.${at}`;
  const cached = sizes.kvHeads * headWidth;
  const past = ['key', 'value'].map((part) =>
    input(`past_key_values.${at}.${part}`, 'float32', [
      'batch_size',
      sizes.kvHeads,
      'past_sequence_length',
      headWidth,
    ]),
  );
  const present = ['key', 'value'].map((part) => {
    const value = builder.graph.value(`present.${at}.${part}`);
    value.type = {
      dtype: 'float32',
      shape: ['batch_size', sizes.kvHeads, 'total_sequence_length', headWidth],
    };
    return value;
  });
  const part = (name: string, to: number): Value =>
    linear(x, `${label}.self_attn.${name}_proj`, sizes.width, to);
  return {
    label,
    q: part('q', sizes.width),
    k: part('k', cached),
    v: part('v', cached),
    past: [past[0] as Value, past[1] as Value],
    present: [present[0] as Value, present[1] as Value],
  };
}

/**
 * Gaussian weights that keep the size of what runs through them. A few inputs of every norm are larger than the rest,
 * as they are in trained models. Signs in the last norm keep a token from being the likeliest to follow itself,
 * although the table is also the projection.
 */
function noise(name: string, dims: readonly number[]): Tensor {
  const next = normal(seedFor(name));
  const size = dims.reduce((product, dim) => product * dim, 1);
  return Tensor.of('float32', dims, Float32Array.from({ length: size }, valuesOf(name, dims, next)));
}

function valuesOf(
  name: string,
  dims: readonly number[],
  next: () => number,
): (_: unknown, at: number) => number {
  if (name === 'model.norm.weight') return () => (next() < 0 ? -0.35 : 0.35);
  if (dims.length === 1) return (_, at) => (1 + 0.2 * next()) * (at % 29 === 7 ? 4 : 1);
  if (name.includes('embed_tokens')) return next;
  const spread = (/o_proj|down_proj/.test(name) ? 0.5 : 1) / Math.sqrt(dims[0] ?? 1);
  return () => spread * next();
}
