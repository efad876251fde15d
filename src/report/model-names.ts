/** Short, distinct names for models in a report. */
import { basename, dirname } from 'node:path';

/** File names; different files of the same name get the folders in front that tell them apart, the same file a number. */
export function modelNames(paths: readonly string[]): string[] {
  const distinct = [...new Set(paths)];
  const names = distinguish(distinct);
  const seen = new Map<string, number>();
  return paths.map((path) => {
    const name = names[distinct.indexOf(path)] as string;
    const times = (seen.get(path) ?? 0) + 1;
    seen.set(path, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

function distinguish(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(path));
  const folders = paths.map((path) => dirname(path));
  for (;;) {
    const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    const growing = [...names.keys()].filter(
      (index) => repeated.has(names[index] as string) && !/^\.?$/.test(basename(folders[index] as string)),
    );
    if (growing.length === 0) return names;
    for (const index of growing) {
      const folder = folders[index] as string;
      names[index] = `${basename(folder)}/${names[index]}`;
      folders[index] = dirname(folder);
    }
  }
}
