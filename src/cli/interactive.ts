/** `safelight` without a prompt: the terminal UI, on the asked server or on one of its own. */
import { runTui } from '../tui/main.js';
import { type OneShotOptions, toDefaults, toSaveOptions } from './one-shot.js';
import { withServer } from './with-server.js';

/** @returns the exit code */
export async function runInteractive(options: OneShotOptions): Promise<number> {
  // The screen belongs to the UI: what the embedded engine says is kept for after it.
  const notes: string[] = [];
  try {
    return await withServer(
      { ...options, preview: undefined },
      (line) => void notes.push(line),
      (client) =>
        runTui({ client, defaults: toDefaults(options), save: toSaveOptions(options), preview: options.preview }),
    );
  } finally {
    for (const line of notes) process.stderr.write(`${line}\n`);
  }
}
