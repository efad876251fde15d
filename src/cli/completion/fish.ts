/** The fish completion script. */
import type { CommandWord, FlagWord } from './vocabulary.ts';

export function fishScript(commands: readonly CommandWord[]): string {
  const lines = [
    '# fish completion of llmc; install it with: llmc completion fish > ~/.config/fish/completions/llmc.fish',
    'complete -c llmc -f',
    ...commands.map(
      ({ name, summary }) => `complete -c llmc -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ),
    ...commands.flatMap(commandLines),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(command: CommandWord): string[] {
  const head = `complete -c llmc -n '__fish_seen_subcommand_from ${command.name}'`;
  const operands =
    command.choices.length > 0 || command.completes !== 'none' ? [`${head} ${values(command)}`] : [];
  return [...operands, ...command.flags.map((flag) => `${head} ${flagWords(flag)}`)];
}

function flagWords(flag: FlagWord): string {
  const short = flag.short === null ? '' : `-s ${flag.short.slice(1)} `;
  const value = flag.takesValue ? `-r ${values(flag)} ` : '';
  return `${short}-l ${flag.long.slice(2)} ${value}-d ${quote(flag.description)}`;
}

function values({ choices, completes }: Pick<FlagWord, 'choices' | 'completes'>): string {
  if (choices.length > 0) return `-f -a ${quote(choices.join(' '))}`;
  if (completes === 'model') return "-f -a '(__fish_complete_suffix .onnx)'";
  if (completes === 'file' || completes === 'data' || completes === 'module') return '-F';
  if (completes === 'directory') return "-f -a '(__fish_complete_directories)'";
  return '-f';
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;
}
