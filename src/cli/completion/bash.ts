/** The bash completion script. */
import type { CommandWord, FlagWord } from './vocabulary.ts';

/** Works in bash 3.2 (macOS) and later, without the bash-completion package. */
export function bashScript(commands: readonly CommandWord[]): string {
  return `# bash completion of llmc; load it with: source <(llmc completion bash)
_llmc() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} item
  local IFS=$'\\n'
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W $'${[...commands.map(({ name }) => name), '--help', '--version'].join('\\n')}' -- "$cur"))
    return
  fi
  case "$command $prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$command $cur" in
${commands.map(flagCase).join('\n')}
  esac
  case "$command" in
${commands.map(operandCase).join('\n')}
  esac
}
_llmc_files() {
  COMPREPLY=()
  while read -r item; do COMPREPLY+=("$item"); done < <(compgen -d -- "$cur"; compgen -f -X "!$1" -- "$cur")
  type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
}
complete -F _llmc llmc
`;
}

function valueCases({ name, flags }: CommandWord): string[] {
  return flags
    .filter((flag) => flag.takesValue)
    .map(
      (flag) =>
        `    ${names(flag)
          .map((word) => `"${name} ${word}"`)
          .join('|')}) ${valueAction(flag)}; return ;;`,
    );
}

function valueAction({ choices, completes }: Pick<FlagWord, 'choices' | 'completes'>): string {
  if (choices.length > 0) return words(choices);
  if (completes === 'model') return "_llmc_files '*.onnx'";
  if (completes === 'file' || completes === 'data' || completes === 'module') return "_llmc_files '*'";
  if (completes === 'directory') return "_llmc_files ''";
  return ':';
}

function flagCase({ name, flags }: CommandWord): string {
  return `    "${name} -"*) ${words(flags.flatMap(names))}; return ;;`;
}

function operandCase(command: CommandWord): string {
  return `    ${command.name}) ${valueAction(command)} ;;`;
}

function words(list: readonly string[]): string {
  return `COMPREPLY=($(compgen -W $'${list.join('\\n')}' -- "$cur"))`;
}

function names({ long, short }: FlagWord): string[] {
  return short === null ? [long] : [short, long];
}
