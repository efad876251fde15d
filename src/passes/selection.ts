/** --include and --exclude: globs over node names, operator types and paths; one that matches nothing is an error. */
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { NodeNames } from './node-names.ts';

export interface SelectorOptions {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Why a node is not to be touched, or null when it may be. */
export type Selection = (node: Node) => string | null;

/**
 * Compiles the globs against a model. `*` matches any run of characters, `?` one; a glob is tried on the node's
 * name, its operator type, the names of its outputs and weights, its path `outer_node/inner_node`, and on name and
 * type of the nodes around it. Nodes that passes make afterwards are selected as those they came out of.
 * @throws LlmcError SELECTOR for a glob that matches no node
 */
export function compileSelection(model: Model, options: SelectorOptions): Selection {
  if (options.include.length + options.exclude.length === 0) return () => null;
  const names = new NodeNames(model);
  const include = options.include.map((glob) => compile(glob, names));
  const exclude = options.exclude.map((glob) => compile(glob, names));
  const matches = (node: Node, patterns: readonly RegExp[]): boolean => {
    const keys = names.of(node);
    return patterns.some((pattern) => keys.some((key) => pattern.test(key)));
  };
  return (node) => {
    if (include.length > 0 && !matches(node, include)) return 'not selected by --include';
    return matches(node, exclude) ? 'excluded by --exclude' : null;
  };
}

/**
 * Whether a node matches any of the globs, which are tried as those of --include; none match nothing.
 * @throws LlmcError SELECTOR for a glob that matches no node
 */
export function matcher(model: Model, globs: readonly string[]): (node: Node) => boolean {
  if (globs.length === 0) return () => false;
  const selection = compileSelection(model, { include: globs, exclude: [] });
  return (node) => selection(node) === null;
}

function compile(glob: string, names: NodeNames): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const pattern = new RegExp(`^${source}$`, 's');
  for (const node of names.nodes) if (names.of(node).some((name) => pattern.test(name))) return pattern;
  throw new LlmcError('SELECTOR', `the pattern '${glob}' matches no node`, {
    hint: `it is tried on node names, operator types and tensor names, e.g. ${examples(names)}`,
  });
}

function examples({ nodes }: NodeNames): string {
  const types = [...new Set(nodes.map((node) => node.op))].slice(0, 4);
  const name = nodes.find((node) => node.name !== '')?.name;
  return [...types, ...(name ? [`'${name}'`] : [])].join(', ');
}
