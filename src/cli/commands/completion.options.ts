/** Operands and examples of `llmc completion`. */
import { type CommandSpec, operand } from '../command.ts';

export const completionSpec = {
  name: 'completion',
  summary: 'Print a script that completes llmc in your shell',
  operands: { shell: operand('the shell', 'none', ['bash', 'zsh', 'fish']) },
  options: {},
  examples: [
    {
      run: 'source <(llmc completion bash)',
      does: 'bash: try it now; put the line into ~/.bashrc to keep it',
    },
    { run: 'source <(llmc completion zsh)', does: 'zsh: the same, in ~/.zshrc after compinit' },
    { run: 'llmc completion fish > ~/.config/fish/completions/llmc.fish', does: 'fish: install it' },
  ],
  reports: false,
} as const satisfies CommandSpec;
