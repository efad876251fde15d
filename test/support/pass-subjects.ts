/** The models that are always there: fixtures and the text recognition models among the development packages. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Session } from '../../src/runtime/session.ts';
import { corpusFeeds } from './corpus-feeds.ts';
import type { Feeds } from './equivalence.ts';

export interface PassSubject {
  readonly id: string;
  readonly path: string;
  /** Inputs for models that have no good ones by chance; absent where generated ones will do. */
  readonly feeds?: (session: Session) => Feeds;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURES = join(ROOT, 'fixtures', 'models');
const OCR = join(ROOT, 'node_modules', '@gutenye', 'ocr-models', 'assets');
const OCR_MODELS = {
  'ppocr-cls': 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
  'ppocr-det': 'ch_PP-OCRv4_det_infer.onnx',
  'ppocr-rec': 'ch_PP-OCRv4_rec_infer.onnx',
};

export function passSubjects(): PassSubject[] {
  const fixtures = existsSync(FIXTURES) ? readdirSync(FIXTURES).filter((name) => name.endsWith('.onnx')) : [];
  return [
    ...fixtures.map((name) => ({ id: name, path: join(FIXTURES, name) })),
    ...Object.entries(OCR_MODELS).map(([id, name]) => ({
      id,
      path: join(OCR, name),
      feeds: (session: Session) => corpusFeeds(id, session.inputs),
    })),
  ];
}
