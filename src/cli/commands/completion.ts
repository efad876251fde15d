/** `llmc completion`: prints the completion script of a shell, made from the command table. */

import type { Handler } from '../command.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { vocabulary } from '../completion/vocabulary.ts';
import { zshScript } from '../completion/zsh.ts';
import type { completionSpec } from './completion.options.ts';

const SCRIPTS: Readonly<Record<string, typeof bashScript>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const run: Handler<typeof completionSpec> = async ({ operands }, io) => {
  const script = SCRIPTS[operands.shell]?.(vocabulary(io.specs)) ?? '';
  io.output({ shell: operands.shell, script }, () => script);
  return 0;
};
