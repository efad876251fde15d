/** Prints what was measured against what was promised. */

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} llmc
 * @property {string} [peer]
 * @property {number} [ratio] llmc over peer
 * @property {string} [bar]
 * @property {boolean} [met] absent where nothing was promised
 */

const HEAD = { what: 'what', llmc: 'llmc', peer: 'peer', ratio: 'ratio', bar: 'bar', met: '' };

/**
 * @param {string} title
 * @param {readonly Row[]} rows
 * @returns {boolean} whether every promise was kept
 */
export function printTable(title, rows) {
  const lines = [HEAD, ...rows.map(cells)];
  const keys = Object.keys(HEAD);
  const widths = keys.map((key) => Math.max(...lines.map((line) => line[key].length)));
  console.log(`\n${title}`);
  for (const line of lines)
    console.log(
      keys
        .map((key, i) => line[key].padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    );
  return rows.every(({ met }) => met !== false);
}

function cells({ what, llmc, peer = '', ratio, bar = '', met }) {
  return {
    what,
    llmc,
    peer,
    ratio: ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    bar,
    met: met === undefined ? '' : met ? 'met' : 'NOT MET',
  };
}

/** A row of two measured values, with the highest ratio promised. */
export function against(what, own, peer, show, most) {
  const ratio = own / peer;
  const promised = most === undefined ? {} : { bar: `<= ${most}x`, met: ratio <= most };
  return { what, llmc: show(own), peer: show(peer), ratio, ...promised };
}

/** A row of one measured value, with the largest promised. */
export function atMost(what, own, show, most) {
  return { what, llmc: show(own), bar: `<= ${show(most)}`, met: own <= most };
}

export const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`);
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
export const speed = (bytesPerMs) => `${(bytesPerMs / 1e6).toFixed(2)} GB/s`;
