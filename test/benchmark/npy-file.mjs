/** Writes numpy's .npy format, version 1. */

/**
 * @param {string} descr numpy's type, e.g. `<f4`
 * @param {readonly number[]} shape
 * @param {ArrayBufferView} array
 */
export function npyFile(descr, shape, array) {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  // The data begins at a multiple of 64 bytes.
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(length, 8);
  const text = `${dict.padEnd(length - 1)}\n`;
  return Buffer.concat([
    head,
    Buffer.from(text),
    Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  ]);
}
