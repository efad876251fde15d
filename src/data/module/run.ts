/** Runs a JavaScript module of the user's: imports it, iterates what it exports, and says whose errors its errors are. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LlmcError } from '../../errors.ts';

/**
 * The default export of a module. This runs its code.
 * @throws LlmcError FILE_NOT_FOUND; DATA when it cannot be imported or exports nothing by default
 */
export async function importDefault(path: string): Promise<unknown> {
  const info = await stat(path).catch(() => null);
  if (!info?.isFile())
    throw new LlmcError('FILE_NOT_FOUND', `no such module: ${path}`, { hint: 'check the path' });
  const module: Readonly<Record<string, unknown>> = await guarded(
    path,
    () => import(pathToFileURL(resolve(path)).href),
  );
  if (module['default'] === undefined)
    throw new LlmcError('DATA', `${path} has no default export`, { hint: 'write `export default ...`' });
  return module['default'];
}

/** What a module's own code returns; whatever it throws becomes a LlmcError DATA with the file and its message. */
export async function guarded<T>(path: string, work: () => T | Promise<T>, place = ''): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw thrownBy(path, cause, place);
  }
}

/** An error of a module's own code, as it is shown: the file, the message, and where known the line. */
export function thrownBy(path: string, cause: unknown, place = ''): LlmcError {
  if (cause instanceof LlmcError) return cause;
  const error = cause instanceof Error ? cause : new Error(String(cause));
  return new LlmcError('DATA', `${path}${place}: ${error.name}: ${error.message.split('\n')[0]}`, {
    hint: whereIn(path, error) ?? 'the code of this module threw that',
    cause,
  });
}

/** `line 12 of it`, from the stack. */
function whereIn(path: string, { stack = '' }: Error): string | null {
  const file = pathToFileURL(resolve(path)).href;
  const at = stack.indexOf(`${file}:`);
  const [, line] = at < 0 ? [] : (/^(\d+)/.exec(stack.slice(at + file.length + 1)) ?? []);
  return line === undefined ? null : `line ${line} of the module threw that`;
}

/** The items of an array, of anything that can be iterated, or of what a function returns. */
export async function* itemsOf(path: string, exported: unknown): AsyncGenerator<unknown> {
  const made = typeof exported === 'function' ? await guarded(path, () => exported()) : exported;
  if (!isIterable(made))
    throw new LlmcError('DATA', `the default export of ${path} cannot be iterated`, {
      hint: 'export an array, a generator function, or anything with [Symbol.asyncIterator]',
    });
  const iterator = Symbol.asyncIterator in made ? made[Symbol.asyncIterator]() : made[Symbol.iterator]();
  let done = false;
  try {
    for (let row = 0; ; row++) {
      const next = await guarded(path, () => iterator.next(), `, row ${row}`);
      done = next.done === true;
      if (done) return;
      yield await next.value;
    }
  } finally {
    // Whoever stops early lets the module clean up.
    if (!done) await guarded(path, () => iterator.return?.());
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
