/** What tmux knows of the terminal around it: its own answers to our queries are about itself. */
import { execFile } from 'node:child_process';

export interface TmuxClient {
  /** The outer terminal's answer to XTVERSION: `kitty(0.41.1)`; '' when it gave none. */
  version: string;
  /** `sixel`, `RGB`, … */
  features: readonly string[];
  /** Are wrapped escapes passed on? */
  passthrough: boolean;
}

const FORMAT = '#{client_termtype}|#{client_termfeatures}|#{allow-passthrough}';
const PATIENCE_MS = 500;

/** @returns undefined when tmux is too old to tell, or does not answer */
export function askTmux(env: NodeJS.ProcessEnv): Promise<TmuxClient | undefined> {
  return new Promise((resolve) => {
    const options = { env, timeout: PATIENCE_MS };
    execFile('tmux', ['display-message', '-p', FORMAT], options, (error, stdout) => {
      resolve(error === null ? readTmuxClient(stdout) : undefined);
    });
  });
}

/**
 * Puts the text into tmux's newest buffer, and through tmux into the clipboard of the terminal around it, whatever
 * `set-clipboard` says about programs that ask for that themselves.
 * @returns false when tmux does not do it; before 3.2 it has no such option
 */
export function loadTmuxBuffer(env: NodeJS.ProcessEnv, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ['load-buffer', '-w', '-'];
    const child = execFile('tmux', args, { env, timeout: PATIENCE_MS }, (error) => resolve(error === null));
    // When tmux ends without reading, its exit code says so.
    child.stdin?.on('error', () => {}).end(text);
  });
}

export function readTmuxClient(line: string): TmuxClient | undefined {
  const [version, features, passthrough] = line.trim().split('|');
  if (features === undefined) return undefined;
  return { version, features: features.split(','), passthrough: passthrough === 'on' || passthrough === 'all' };
}
