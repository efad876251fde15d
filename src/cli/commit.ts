/** Which commit a run belongs to: what CI systems say, else what git has checked out. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** GitHub, GitLab, Azure, Bitbucket, Jenkins, CircleCI, Buildkite. */
const VARIABLES = [
  'GITHUB_SHA',
  'CI_COMMIT_SHA',
  'BUILD_SOURCEVERSION',
  'BITBUCKET_COMMIT',
  'GIT_COMMIT',
  'CIRCLE_SHA1',
  'BUILDKITE_COMMIT',
];

/** Null outside of CI and git. */
export function commitOf(env: Readonly<Record<string, string | undefined>>, folder: string): string | null {
  const told = VARIABLES.map((name) => env[name]).find(Boolean);
  return told ?? headOf(resolve(folder));
}

/** The commit of the work tree around `folder`, read from git's files: git itself may not be installed. */
function headOf(folder: string): string | null {
  const git = join(folder, '.git');
  const found = statSync(git, { throwIfNoEntry: false });
  if (!found) return dirname(folder) === folder ? null : headOf(dirname(folder));
  // In a worktree or submodule, .git is a file that names the real folder.
  const inside = found.isFile() ? resolve(folder, read(git)?.replace(/^gitdir:\s*/, '') ?? '.') : git;
  const head = read(join(inside, 'HEAD'));
  const name = head && /^ref: (.+)$/.exec(head)?.[1];
  if (!name) return head;
  const common = resolve(inside, read(join(inside, 'commondir')) ?? '.');
  return (
    read(join(inside, name)) ?? read(join(common, name)) ?? packed(read(join(common, 'packed-refs')), name)
  );
}

function packed(refs: string | null, name: string): string | null {
  const line = refs?.split('\n').find((text) => text.endsWith(` ${name}`));
  return line?.split(' ')[0] ?? null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
