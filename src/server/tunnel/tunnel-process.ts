/** One tunnel process from its start to its end: what it says, and that it is gone when it should be. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { toPrintable } from '../../protocol/printable.js';
import type { TunnelProcess } from './supervisor.js';
import type { ChildSettings, FromTunnelChild, TunnelEnd } from './tunnel-messages.js';

/** A process inside a native call cannot listen; after this it is killed. */
const STOP_GRACE_MS = 1000;
const MAX_TEXT_CHARS = 300;

export interface TunnelProcessOptions {
  /** The child's script. */
  entry: string;
  settings: ChildSettings;
  onUp: (url: string) => void;
}

export function startTunnelProcess({ entry, settings, onUp }: TunnelProcessOptions): TunnelProcess {
  // ngrok's library writes to stdout, which is where the server's own line is printed.
  const child = fork(entry, [], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const secret = settings.kind === 'ngrok' ? settings.authtoken : '';
  let end: TunnelEnd | undefined;
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-MAX_TEXT_CHARS);
  });
  child.on('message', (raw) => {
    const message = raw as FromTunnelChild;
    if (message.type === 'up') onUp(message.url);
    else end ??= { code: message.code, text: toOneLine(message.text, secret) };
  });
  // Without a listener a write to a process that just ended would end this one.
  child.on('error', () => {});
  // 'disconnect' comes after the last message was read.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(
    ([[code, signal]]) => end ?? { text: toOneLine(`its process ended with ${signal ?? code}. ${errors}`, secret) },
    (error: Error) => ({ text: `its process could not be started: ${error.message}` }),
  );
  child.send(settings, () => {});
  return { ended, stop: () => stop(child, ended) };
}

/** The IPC's end tells the child, as it does when this process is killed. */
async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.connected) child.disconnect();
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  try {
    await ended;
  } finally {
    clearTimeout(killer);
  }
}

/** ngrok's own refusals repeat the authtoken: it must not get into a log. */
function toOneLine(text: string, secret: string): string {
  const safe = secret === '' ? text : text.replaceAll(secret, '…');
  const line = toPrintable(safe).replace(/\s+/g, ' ').trim();
  return line.length <= MAX_TEXT_CHARS ? line : `${line.slice(0, MAX_TEXT_CHARS)}…`;
}
