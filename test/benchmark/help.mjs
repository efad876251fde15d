/** How long `llmc --help` takes beside a Node that does nothing. */
import { inTurns, llmc, node } from './measure.mjs';
import { readOptions } from './options.mjs';
import { against, atMost, megabytes, printTable, seconds } from './table.mjs';

/** @param {readonly string[]} argv */
export async function help(argv) {
  const { runs } = readOptions(argv, 15);
  const { nothing, helped, version, command } = await inTurns(
    {
      nothing: node('-e', '0'),
      helped: llmc('--help'),
      version: llmc('--version'),
      command: llmc('quantize', '--help'),
    },
    runs,
  );
  const bar = 1.5 * nothing.ms + 60;
  const promised = (measured) => ({ bar: `<= 1.5x + 60 ms = ${seconds(bar)}`, met: measured.ms <= bar });
  return printTable('llmc --help against node -e 0', [
    { ...against('llmc --help', helped.ms, nothing.ms, seconds), ...promised(helped) },
    { ...against('llmc --version', version.ms, nothing.ms, seconds), ...promised(version) },
    { ...against('llmc quantize --help', command.ms, nothing.ms, seconds), ...promised(command) },
    atMost('memory of llmc --help', helped.peakBytes, megabytes, 2 * nothing.peakBytes),
  ]);
}
