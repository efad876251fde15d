/** Samples of quantized values in training: the convention is that gradients go straight through, but not past the ends. */
import type { GradientSample } from '../check.ts';

/** Scales by channel and zero points; codes end where the type does. */
function fake(
  about: string,
  attributes: string,
  tensors: string,
  range: (element: number) => [number, number],
  domain = '',
): GradientSample[] {
  const graph = `<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]>
    g (float[2,3,4] x) => (float[2,3,4] y) <${tensors}> {
      q = ${domain}QuantizeLinear${attributes}(x, s, z) y = ${domain}DequantizeLinear${attributes}(q, s, z) }`;
  return ['QuantizeLinear', 'DequantizeLinear'].map((op) => ({
    op: `${domain}${op}`,
    about,
    graph,
    range: [-3, 3] as const,
    reference: (value, dy, element) => {
      const [low, high] = range(element);
      return value >= low && value <= high ? dy : 0;
    },
  }));
}

const SCALES = [0.01, 0.02, 0.005] as const;
const channel = (element: number): number => Math.floor(element / 4) % 3;

export const quantized: readonly GradientSample[] = [
  ...fake('one scale', '', 'float s = {0.01}, int8 z = {10}', () => [-138 * 0.01, 117 * 0.01]),
  ...fake(
    'a scale for each channel',
    '<axis=1>',
    'float[3] s = {0.01, 0.02, 0.005}, uint8[3] z = {128, 100, 200}',
    (element) => {
      const at = channel(element);
      const [scale, zero] = [SCALES[at] ?? 0, [128, 100, 200][at] ?? 0];
      return [-zero * scale, (255 - zero) * scale];
    },
  ),
  ...fake(
    'blocks',
    '<axis=2, block_size=2>',
    'float[2,3,2] s = {0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3}, int8[2,3,2] z = {0,0,0,0,0,0,0,0,0,0,0,0}',
    (element) => {
      const scale = [0.1, 0.2, 0.3][Math.floor(element / 2) % 3] ?? 0;
      return [-128 * scale, 127 * scale];
    },
  ).map((sample) => ({ ...sample, range: [-40, 40] as const })),
  ...fake(
    'one scale',
    '',
    'float s = {0.01}, uint8 z = {128}',
    () => [-128 * 0.01, 127 * 0.01],
    'com.microsoft.',
  ),
];
