/** Samples of activation functions. */
import type { GradientSample } from '../check.ts';

function sample(op: string, attributes = '', more: Partial<GradientSample> = {}): GradientSample {
  const [domain, name] = op.includes('.') ? ['com.microsoft.', op.slice('com.microsoft.'.length)] : ['', op];
  return {
    op,
    ...(attributes === '' ? {} : { about: attributes }),
    graph: `<ir_version: 10, opset_import: ["": 22, "com.microsoft": 1]>
      g (float[2,3,5] x) => (float[2,3,5] y) { y = ${domain}${name}${attributes}(x) }`,
    range: [-2, 2],
    ...more,
  };
}

const KINK = { awayFromZero: 0.1 } as const;

export const activations: readonly GradientSample[] = [
  sample('Celu', '<alpha=0.7>'),
  sample('Elu', '<alpha=0.7>', KINK),
  sample('Gelu'),
  sample('Gelu', '<approximate="tanh">'),
  sample('com.microsoft.Gelu'),
  sample('com.microsoft.QuickGelu', '<alpha=1.3>'),
  sample('HardSigmoid', '<alpha=0.3, beta=0.4>', { range: [-1, 1.5] }),
  sample('HardSigmoid', '<alpha=0.5>', { about: 'partly flat', feeds: { x: kinkless(30, 1) } }),
  sample('HardSwish', '', { feeds: { x: kinkless(30, 3) } }),
  sample('LeakyRelu', '<alpha=0.2>', KINK),
  sample('Mish'),
  sample('Relu', '', KINK),
  sample('Selu', '', KINK),
  sample('Shrink', '<lambd=0.5, bias=0.25>', { feeds: { x: kinkless(30, 0.5) } }),
  sample('Sigmoid'),
  sample('Softplus'),
  sample('Softsign', '', KINK),
  {
    op: 'Swish',
    graph: `<ir_version: 11, opset_import: ["": 24]> g (float[2,3,5] x) => (float[2,3,5] y) { y = Swish<alpha=1.5>(x) }`,
  },
  sample('Tanh'),
  sample('ThresholdedRelu', '<alpha=0.5>', { feeds: { x: kinkless(30, 0.5) } }),
  {
    op: 'Clip',
    graph: `g (float[2,3,5] x) => (float[2,3,5] y) <float low = {-0.5}, float high = {0.5}> { y = Clip(x, low, high) }`,
    feeds: { x: kinkless(30, 0.5) },
  },
  {
    op: 'Clip',
    about: 'one bound',
    graph: `g (float[2,3,5] x) => (float[2,3,5] y) <float high = {0.5}> { y = Clip(x, "", high) }`,
    feeds: { x: kinkless(30, 0.5) },
  },
  {
    op: 'PRelu',
    graph: 'g (float[2,3,5] x, float[3,1] slope) => (float[2,3,5] y) { y = PRelu(x, slope) }',
    ...KINK,
  },
  {
    op: 'com.microsoft.BiasGelu',
    graph: `<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>
      g (float[2,3,5] x, float[5] b) => (float[2,3,5] y) { y = com.microsoft.BiasGelu(x, b) }`,
  },
  {
    op: 'com.microsoft.FastGelu',
    graph: `<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>
      g (float[2,3,5] x, float[5] b) => (float[2,3,5] y) { y = com.microsoft.FastGelu(x, b) }`,
  },
  {
    op: 'com.microsoft.FastGelu',
    about: 'without a bias',
    graph: `<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>
      g (float[2,3,5] x) => (float[2,3,5] y) { y = com.microsoft.FastGelu(x) }`,
  },
];

/** Numbers on both sides of `edge` and of its negative, none within a step of them. */
function kinkless(count: number, edge: number): number[] {
  return Array.from({ length: count }, (_, at) => {
    const share = (at * 0.381966) % 1;
    const side = at % 2 === 0 ? 1 : -1;
    return at % 4 < 2 ? side * edge * (1.2 + share) : side * edge * 0.8 * (share || 0.5);
  });
}
