/** Parses data specs: `[kind:]path[?key=value&...]`. */
import { LlmcError } from '../errors.ts';

/** What a kind of data understands; the table of kinds is in sources/table.ts. */
export interface KindInfo {
  readonly kind: string;
  /** File name endings that imply this kind. */
  readonly extensions: readonly string[];
  /** Option name to one-line explanation. */
  readonly keys: Readonly<Record<string, string>>;
  /** Options whose values are files that are read. */
  readonly files?: readonly string[];
  /** Options whose values are folders that only save time. */
  readonly caches?: readonly string[];
  /** False for kinds that need no path. */
  readonly needsPath: boolean;
  /** Whether a folder (or a pattern) of this name holds data of this kind; asked where no ending tells. */
  readonly holds?: (path: string) => boolean;
}

export interface DataSpec {
  readonly kind: string;
  readonly path: string;
  readonly options: ReadonlyMap<string, string>;
  /** The text as given. */
  readonly text: string;
}

/**
 * A typed spec from its text. The kind may be left out when the file extension implies it. Values may be
 * percent-encoded; a path with a colon is written `./a:b.npz`. LlmcError DATA names what exists.
 */
export function parseSpec(text: string, kinds: readonly KindInfo[]): DataSpec {
  const question = text.indexOf('?');
  const head = question < 0 ? text : text.slice(0, question);
  const { kind, path } = splitKind(head, text, kinds);
  if (kind.needsPath && path === '') {
    throw new LlmcError('DATA', `data spec "${text}" has no path`, { hint: `write ${kind.kind}:path` });
  }
  const options =
    question < 0 ? new Map<string, string>() : parseOptions(text.slice(question + 1), text, kind);
  return { kind: kind.kind, path, options, text };
}

function splitKind(head: string, text: string, kinds: readonly KindInfo[]): { kind: KindInfo; path: string } {
  const prefix = /^([A-Za-z][\w-]+):(.*)$/s.exec(head);
  if (prefix) {
    // At least two letters before the colon, so `C:\data.npz` is a path.
    const kind = kinds.find((candidate) => candidate.kind === prefix[1]);
    if (kind) return { kind, path: prefix[2] ?? '' };
    throw new LlmcError('DATA', `unknown kind of data "${prefix[1]}" in "${text}"`, {
      hint: `kinds: ${names(kinds)}; a path with a colon is written ./${head}`,
    });
  }
  const pathless = kinds.find((candidate) => !candidate.needsPath && candidate.kind === head);
  if (pathless) return { kind: pathless, path: '' };
  const lower = head.toLowerCase();
  const kind =
    kinds.find((candidate) => candidate.extensions.some((extension) => lower.endsWith(extension))) ??
    kinds.find((candidate) => candidate.holds?.(head));
  if (kind) return { kind, path: head };
  throw new LlmcError('DATA', `cannot tell what kind of data "${text}" is`, {
    hint: `put the kind in front, as in npz:${head === '' ? 'path' : head}; kinds: ${names(kinds)}`,
  });
}

function names(kinds: readonly KindInfo[]): string {
  return kinds.map((kind) => kind.kind).join(', ');
}

function parseOptions(query: string, text: string, kind: KindInfo): Map<string, string> {
  const options = new Map<string, string>();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    if (!Object.hasOwn(kind.keys, key)) {
      const known = Object.entries(kind.keys).map(([name, meaning]) => `${name} (${meaning})`);
      throw new LlmcError('DATA', `unknown option "${key}" in "${text}"`, {
        hint: `options of ${kind.kind}: ${known.join(', ')}`,
      });
    }
    if (equals < 0 || equals === part.length - 1) {
      throw new LlmcError('DATA', `option "${key}" has no value in "${text}"`, {
        hint: `write ${key}=value`,
      });
    }
    if (options.has(key)) {
      throw new LlmcError('DATA', `option "${key}" is given twice in "${text}"`, {
        hint: 'keep one of them',
      });
    }
    options.set(key, decodeValue(part.slice(equals + 1), text));
  }
  return options;
}

function decodeValue(value: string, text: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new LlmcError('DATA', `malformed percent-encoding "${value}" in "${text}"`, {
      hint: 'write a literal percent sign as %25',
      cause,
    });
  }
}

/** The value of an option as it is written in a spec. */
export function encodeValue(value: string): string {
  return value.replace(/[%&?#]/g, (sign) => encodeURIComponent(sign));
}

/** A positive whole-number option, or undefined when it was not given. */
export function positiveOption(spec: DataSpec, key: string): number | undefined {
  return numberOption(spec, key, 1, 'a positive whole number');
}

/** A whole-number option from 0 on, or undefined when it was not given. */
export function wholeOption(spec: DataSpec, key: string): number | undefined {
  return numberOption(spec, key, 0, 'a whole number');
}

function numberOption(spec: DataSpec, key: string, least: number, what: string): number | undefined {
  const value = spec.options.get(key);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number;
  throw new LlmcError('DATA', `option ${key}=${value} in "${spec.text}" is not ${what}`, {
    hint: `for example ${key}=256`,
  });
}
