/** The prompt in the user's own editor. The caller gives the terminal away before and takes it back after. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SafelightError } from '../protocol/errors.js';

/** Shells say so of a command that they do not find. */
const NOT_FOUND = 127;

/**
 * @returns the text as it was saved, without the line break that editors put at its end
 * @throws SafelightError UNSUPPORTED in words: no editor is set, it is not there, or it ended with a failure
 */
export async function editInEditor(text: string, env: NodeJS.ProcessEnv): Promise<string> {
  const editor = [env.VISUAL, env.EDITOR].find((command) => command !== undefined && command.trim() !== '');
  if (editor === undefined) throw refusal('no editor is set: say which with EDITOR, as in EDITOR=nano');
  const dir = await mkdtemp(join(tmpdir(), 'safelight-prompt-')); // the user's alone
  try {
    const path = join(dir, 'prompt.txt');
    await writeFile(path, text === '' ? '' : `${text}\n`, { mode: 0o600 });
    await run(editor, path, env);
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** By a shell, as git does it: the setting may hold arguments and quotes. */
async function run(editor: string, path: string, env: NodeJS.ProcessEnv): Promise<void> {
  const options = { env, stdio: 'inherit' } as const;
  const child =
    process.platform === 'win32'
      ? spawn(`${editor} "${path}"`, { ...options, shell: true })
      : spawn('/bin/sh', ['-c', `${editor} "$@"`, 'sh', path], options);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code === NOT_FOUND) throw refusal(`the editor ${editor} is not there`);
  if (code !== 0) throw refusal(`the editor ${editor} ended with ${code ?? signal}: the prompt stays as it was`);
}

function refusal(message: string): SafelightError {
  return new SafelightError('UNSUPPORTED', message);
}
