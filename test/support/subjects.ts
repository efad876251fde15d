/** Everything the corpus tests run over: fetched models, the repository's own fixtures, the ONNX backend tests. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backendModels, corpusModels } from './corpus.ts';

export interface Subject {
  readonly id: string;
  readonly path: string;
  /** Of a backend test: where its test_data_set_N folders are. */
  readonly folder?: string;
}

const FIXTURES = fileURLToPath(new URL('../../fixtures/models', import.meta.url));

/** Models of real size: those fetched and the fixtures. */
export function realModels(): Subject[] {
  const fixtures = existsSync(FIXTURES) ? readdirSync(FIXTURES).filter((name) => name.endsWith('.onnx')) : [];
  return [
    ...corpusModels().filter((model) => model.available),
    ...fixtures.map((name) => ({ id: `fixture/${name}`, path: join(FIXTURES, name) })),
  ];
}

/** Real models and backend tests. */
export function allModels(): Subject[] {
  return [...realModels(), ...backendModels()];
}
