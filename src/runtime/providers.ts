/** Execution providers: which ones onnxruntime-node was built with for this platform, and whether they work here. */
import { RuntimeMatrixEngine } from './matrix-engine.ts';
import { loadOrt } from './ort.ts';

/** Names, e.g. cpu, webgpu, cuda; whether there is such hardware is another question. */
export async function builtInProviders(): Promise<string[]> {
  const { listSupportedBackends } = await loadOrt();
  return listSupportedBackends().map(({ name }) => name);
}

/** Runs a product on the provider. LlmcError RUNTIME with onnxruntime's reason where it cannot; drivers may print, or end the process. */
export async function tryProvider(provider: string): Promise<void> {
  const engine = new RuntimeMatrixEngine(1, provider);
  try {
    const side = 16;
    const ones = new Float32Array(side * side).fill(1);
    await engine.multiply(ones, ones, side, side, side);
  } finally {
    await engine.release().catch(() => {});
  }
}
