/** What int8 arithmetic costs and risks on a CPU, read from its instruction sets. */
import type { Environment } from '../report/schema.ts';

export interface Int8Profile {
  /** The best int8 multiply-add onnxruntime finds here. */
  readonly unit: 'vnni' | 'avx512' | 'avx2' | 'i8mm' | 'dotprod' | 'other';
  /**
   * True when products of unsigned and signed bytes are added in pairs into saturating int16 (VPMADDUBSW): sums
   * beyond 32,767 are cut, and results differ from CPUs with VNNI or a dot-product unit. 7-bit weights avoid it.
   */
  readonly saturates: boolean;
  /** False when the instruction sets are unknown and the profile is a guess from the architecture. */
  readonly certain: boolean;
}

/** The profile of a recorded environment. */
export function int8Profile(environment: Pick<Environment, 'instructionSets' | 'platform'>): Int8Profile {
  const has = (name: string) => environment.instructionSets.includes(name);
  const certain = environment.instructionSets.length > 0;
  if (environment.platform.endsWith('-arm64')) {
    if (has('i8mm')) return { unit: 'i8mm', saturates: false, certain };
    return { unit: has('asimddp') ? 'dotprod' : 'other', saturates: false, certain };
  }
  if (!environment.platform.endsWith('-x64')) return { unit: 'other', saturates: false, certain };
  if (has('avx512_vnni') || has('avx_vnni')) return { unit: 'vnni', saturates: false, certain };
  if (has('avx512bw')) return { unit: 'avx512', saturates: true, certain };
  return { unit: has('avx2') || !certain ? 'avx2' : 'other', saturates: true, certain };
}
