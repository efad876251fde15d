/** Variants of one model on disk: what llmc's schemes and onnxruntime's Python tools make of it. */
import { rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { llmc, python } from './measure.mjs';

/**
 * @typedef {{ name: string, path: string, bytes: number, peer: boolean }} Variant
 * @typedef {{ name: string, peer?: boolean, make: (output: string) => () => Promise<unknown> }} Recipe
 */

/** A scheme of llmc with its default options; `data` calibrates. @returns {Recipe} */
export function scheme(model, name, data) {
  return {
    name,
    make: (output) =>
      llmc(
        'quantize',
        model,
        '--scheme',
        name,
        ...(data === undefined ? [] : ['--data', data]),
        '-o',
        output,
        '--force',
        '--quiet',
      ),
  };
}

/** A script of the folder peer/, called with the model and the output. @returns {Recipe} */
export function peerTool(name, interpreter, script, model, ...argv) {
  return { name, peer: true, make: (output) => python(interpreter, script, model, output, ...argv) };
}

/**
 * The float model and every variant that could be made; what failed is printed with its reason.
 * @param {readonly Recipe[]} recipes
 * @returns {Promise<Variant[]>}
 */
export async function makeVariants(model, dir, recipes) {
  const made = [{ name: 'float', path: model, bytes: statSync(model).size, peer: false }];
  for (const { name, peer = false, make } of recipes) {
    const path = join(dir, `${basename(model, '.onnx')}-${name.replaceAll(' ', '-')}.onnx`);
    rmSync(path, { force: true });
    try {
      await make(path)();
      made.push({ name, path, bytes: statSync(path).size, peer });
    } catch (error) {
      console.log(`${basename(model)}: ${name} was not made: ${reasonOf(error)}`);
    }
  }
  return made;
}

/** Removes what was made; the float model stays. */
export function removeVariants([, ...made]) {
  for (const { path } of made) rmSync(path, { force: true });
}

/** The line of a failed program's message that names the error. */
function reasonOf({ message }) {
  const lines = message.trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)).trim().slice(0, 200);
}
