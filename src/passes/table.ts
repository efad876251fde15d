/** The passes by name, and the pipelines commands run. */
import { canonicalGemm } from './canonical-gemm.ts';
import { foldConstants } from './fold-constants.ts';
import { fuseBatchNorm } from './fuse-batch-norm.ts';
import { gemmToMatmul, plainGemmToMatmul } from './gemm-to-matmul.ts';
import { inlineBranches } from './inline-branches.ts';
import { inlineFunctions } from './inline-functions.ts';
import { liftConstants } from './lift-constants.ts';
import { mergeInitializers } from './merge-initializers.ts';
import type { Pass } from './pass.ts';
import { removeDead } from './remove-dead.ts';
import { removeIdentities } from './remove-identities.ts';
import { sort } from './sort.ts';
import { stateAxes } from './state-axes.ts';
import { strip, stripModelMetadata } from './strip.ts';
import { transposeBehind } from './transpose-behind.ts';
import { unlistConstants } from './unlist-constants.ts';

/** Passes that keep every output equal, by name; `upgradeOpset` is one as well, but needs to be told a version. */
export const passes: readonly Pass[] = [
  canonicalGemm,
  foldConstants,
  fuseBatchNorm,
  gemmToMatmul,
  inlineBranches,
  inlineFunctions,
  liftConstants,
  mergeInitializers,
  plainGemmToMatmul,
  removeDead,
  removeIdentities,
  sort,
  stateAxes,
  strip,
  stripModelMetadata,
  transposeBehind,
  unlistConstants,
];

const core: readonly Pass[] = [
  unlistConstants,
  liftConstants,
  removeDead,
  // Before folding, which leaves large results to be computed when they are written.
  mergeInitializers,
  removeIdentities,
  foldConstants,
  // Folding tells which side of a branch is taken.
  inlineBranches,
  fuseBatchNorm,
  // What was folded or fused leaves constants and identities behind, and may have made equal what was not.
  removeIdentities,
  removeDead,
  mergeInitializers,
  sort,
];

export const pipelines = {
  /** Everything that makes a model smaller or simpler and keeps what it computes. */
  clean: [...core, canonicalGemm, removeDead],
  /** Brings weights to where a quantizer finds them, and takes out of the way what hides them. */
  'prepare-quantize': [inlineFunctions, ...core],
  /** After a quantizer: what it left behind. */
  finish: [removeDead, mergeInitializers, sort],
  strip: [strip],
} as const satisfies Record<string, readonly Pass[]>;
