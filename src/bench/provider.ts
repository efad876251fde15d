/** Execution providers as they are asked for: known and working here, or refused before anything is measured. */
import { spawn } from 'node:child_process';
import { LlmcError } from '../errors.ts';
import { builtInProviders } from '../runtime/providers.ts';
import { endOf, requireChild } from './child.ts';

/** Drivers that hang do not tell. */
const TIMEOUT_MS = 60_000;

/** The name as onnxruntime spells it. LlmcError USAGE with the choices when it is unknown or does not work here. */
export async function requireProvider(given: string, signal: AbortSignal): Promise<string> {
  const known = await builtInProviders();
  const name = known.find((each) => each.toLowerCase() === given.toLowerCase());
  if (name === 'cpu') return name;
  if (name === undefined)
    throw new LlmcError(
      'USAGE',
      `--provider "${given}" is not known on ${process.platform}-${process.arch}`,
      {
        hint: `onnxruntime-node has ${known.join(', ')} here`,
      },
    );
  const why = await failureOf(name, signal);
  if (why === null) return name;
  const working: string[] = [];
  for (const other of known)
    if (other === 'cpu' || (other !== name && (await failureOf(other, signal)) === null)) working.push(other);
  throw new LlmcError('USAGE', `--provider ${name} does not work here: ${why}`, {
    hint: `choices on this machine: ${working.join(', ')}`,
  });
}

/** Null where it works. Tried in a process of its own: drivers print what they like, and some end the process. */
function failureOf(name: string, signal: AbortSignal): Promise<string | null> {
  const script = requireChild('provider-child');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, name], {
      stdio: ['ignore', 'pipe', 'ignore'],
      signal,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error) => (signal.aborted ? reject(signal.reason) : resolve(error.message)));
    child.on('close', (code, killedBy) => {
      if (signal.aborted) return reject(signal.reason);
      // What came before a crash on the way out still holds.
      const answer = /^\{.*\}$/m.exec(output)?.[0];
      if (answer === undefined) return resolve(endOf(code, killedBy));
      resolve((JSON.parse(answer) as { readonly failed: string | null }).failed);
    });
  });
}
