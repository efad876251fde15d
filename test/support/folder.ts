/** A temporary folder for the files of one test file, gone when its tests are done. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { encodeModel } from '../../src/onnx/write.ts';

export class Folder {
  readonly path: string;

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `llmc-${name}-`));
    afterAll(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** The path of a file in the folder. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Saves a model and returns its path. */
  save(name: string, model: Model): string {
    writeFileSync(this.at(name), encodeModel(model));
    return this.at(name);
  }

  /** What is in the folder, hidden files included. */
  list(): string[] {
    return readdirSync(this.path).sort();
  }
}
