/** --include and --exclude: globs over node names, operator types and paths; one that matches nothing is an error. */
import { LlmcError } from '../errors.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { allNodes } from '../ir/walk.ts';

export interface SelectorOptions {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Why a node is not to be touched, or null when it may be. */
export type Selection = (node: Node) => string | null;

/**
 * Compiles the globs against a model. `*` matches any run of characters, `?` one; a glob is tried on the node's
 * name, its operator type, the names of its outputs and weights, and its path `outer_node/inner_node`.
 * @throws LlmcError SELECTOR for a glob that matches no node
 */
export function compileSelection(model: Model, options: SelectorOptions): Selection {
  const keys = new Map<Node, readonly string[]>();
  const paths = new Map<Graph, string>();
  for (const node of allNodes(model)) {
    const prefix = node.graph ? (paths.get(node.graph) ?? '') : '';
    const path = `${prefix}${node.name || node.op}`;
    for (const body of node.subgraphs) paths.set(body, `${path}/`);
    const names = [...node.inputs, ...node.outputs].flatMap((value) => (value ? [value.name] : []));
    keys.set(node, [node.name, node.op, node.opType, path, ...names]);
  }
  const include = options.include.map((glob) => compile(glob, keys));
  const exclude = options.exclude.map((glob) => compile(glob, keys));
  const matches = (node: Node, patterns: readonly RegExp[]): boolean =>
    patterns.some((pattern) => keys.get(node)?.some((key) => pattern.test(key)));
  return (node) => {
    if (include.length > 0 && !matches(node, include)) return 'not selected by --include';
    return matches(node, exclude) ? 'excluded by --exclude' : null;
  };
}

function compile(glob: string, keys: ReadonlyMap<Node, readonly string[]>): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const pattern = new RegExp(`^${source}$`, 's');
  for (const names of keys.values()) if (names.some((name) => pattern.test(name))) return pattern;
  throw new LlmcError('SELECTOR', `the pattern '${glob}' matches no node`, {
    hint: `it is tried on node names, operator types and tensor names, e.g. ${examples(keys)}`,
  });
}

function examples(keys: ReadonlyMap<Node, readonly string[]>): string {
  const nodes = [...keys.keys()];
  const types = [...new Set(nodes.map((node) => node.op))].slice(0, 4);
  const name = nodes.find((node) => node.name !== '')?.name;
  return [...types, ...(name ? [`'${name}'`] : [])].join(', ');
}
