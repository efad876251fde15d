// Runs before any postinstall when llmc is installed as a package: onnxruntime-node's postinstall downloads GPU
// libraries and fails the whole install where that feed is blocked. It leaves files alone that are there already, so
// empty placeholders make it do nothing (docs/decisions/0012). Setting ONNXRUNTIME_NODE_INSTALL keeps its own behaviour.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const LIBRARIES = ['cuda', 'shared', 'tensorrt'].map((name) => `libonnxruntime_providers_${name}.so`);

function main() {
  const wanted = process.env.ONNXRUNTIME_NODE_INSTALL || process.env.ONNXRUNTIME_NODE_INSTALL_CUDA;
  if (wanted || process.platform !== 'linux' || process.arch !== 'x64') return;
  const folder = findPackage(path.join(__dirname, '..'));
  if (!folder) return;
  const bin = path.join(folder, 'bin', 'napi-v6', 'linux', 'x64');
  if (!fs.existsSync(bin)) return;
  for (const name of LIBRARIES) {
    const file = path.join(bin, name);
    if (!fs.existsSync(file)) fs.writeFileSync(file, '');
  }
}

/** onnxruntime-node where Node would look for it, going up from llmc's own folder. */
function findPackage(start) {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', 'onnxruntime-node');
    if (fs.existsSync(path.join(candidate, 'package.json'))) return candidate;
    if (folder === path.dirname(folder)) return null;
  }
}

try {
  main();
} catch {
  // An install must not fail over a convenience.
}
