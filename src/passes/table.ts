/** The passes by name, and the pipelines commands run. */
import { foldConstants } from './fold-constants.ts';
import { liftConstants } from './lift-constants.ts';
import { mergeInitializers } from './merge-initializers.ts';
import type { Pass } from './pass.ts';
import { removeDead } from './remove-dead.ts';
import { removeIdentities } from './remove-identities.ts';
import { sort } from './sort.ts';
import { strip, stripModelMetadata } from './strip.ts';
import { unlistConstants } from './unlist-constants.ts';

/** Passes that keep every output equal, by name. */
export const passes: readonly Pass[] = [
  foldConstants,
  liftConstants,
  mergeInitializers,
  removeDead,
  removeIdentities,
  sort,
  strip,
  stripModelMetadata,
  unlistConstants,
];

const clean: readonly Pass[] = [
  unlistConstants,
  liftConstants,
  removeDead,
  removeIdentities,
  foldConstants,
  removeIdentities,
  mergeInitializers,
  removeDead,
  sort,
];

export const pipelines = {
  /** Everything that makes a model smaller or simpler and keeps what it computes. */
  clean,
  /** Brings weights to where a quantizer finds them. */
  'prepare-quantize': clean,
  /** After a quantizer: what it left behind. */
  finish: [removeDead, mergeInitializers, sort],
  strip: [strip],
} as const satisfies Record<string, readonly Pass[]>;
