/** The zsh completion script. */
import type { CommandWord, FlagWord } from './vocabulary.ts';

export function zshScript(commands: readonly CommandWord[]): string {
  return `#compdef llmc
# zsh completion of llmc; load it after compinit with: source <(llmc completion zsh)
_llmc() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
compdef _llmc llmc
`;
}

function commandCase(command: CommandWord): string {
  const specs = [...command.flags.flatMap(flagSpecs), `'*:${operandAction(command)}'`];
  return [`    ${command.name}) _arguments \\`, `      ${specs.join(' \\\n      ')} ;;`].join('\n');
}

/** \`*\` lets a flag be completed again; not all are repeatable, but that is checked when llmc runs. */
function flagSpecs(flag: FlagWord): string[] {
  const value = flag.takesValue ? `:value:${action(flag)}` : '';
  const names = flag.short === null ? [flag.long] : [flag.short, flag.long];
  return names.map((name) => quote(`*${name}[${escapeSpec(flag.description)}]${value}`));
}

function operandAction(command: CommandWord): string {
  return `argument:${action(command)}`;
}

function action({ choices, completes }: Pick<FlagWord, 'choices' | 'completes'>): string {
  if (choices.length > 0) return `(${choices.join(' ')})`;
  if (completes === 'model') return '_files -g "*.onnx"';
  if (completes === 'file' || completes === 'data' || completes === 'module') return '_files';
  if (completes === 'directory') return '_files -/';
  return ' ';
}

function escapeSpec(text: string): string {
  return text.replace(/[\\[\]:]/g, (character) => `\\${character}`);
}

function quote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
