/** Reads schemas.txt (README.md): what the operator schemas of ONNX and onnxruntime say. */
import { readFileSync } from 'node:fs';

export interface Parameter {
  /** Element types by letter. */
  readonly types: ReadonlySet<string>;
  readonly optional: boolean;
  readonly variadic: boolean;
}

export interface Schema {
  readonly since: number;
  readonly inputs: readonly Parameter[];
  readonly outputs: readonly Parameter[];
}

/** Versions of every operator by type, oldest first. */
export function readSchemas(): ReadonlyMap<string, readonly Schema[]> {
  const schemas = new Map<string, Schema[]>();
  const text = readFileSync(new URL('schemas.txt', import.meta.url), 'utf8');
  for (const line of text.split('\n').filter(Boolean)) {
    const [type = '', since = '', inputs = '', outputs = ''] = line.split(' ');
    const schema = { since: Number(since), inputs: parameters(inputs), outputs: parameters(outputs) };
    schemas.set(type, [...(schemas.get(type) ?? []), schema]);
  }
  return schemas;
}

function parameters(text: string): Parameter[] {
  if (text === '-') return [];
  return text.split(',').map((each) => ({
    types: new Set(each.replace(/[?*]$/, '')),
    optional: each.endsWith('?'),
    variadic: each.endsWith('*'),
  }));
}
