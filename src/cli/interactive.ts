/** `safelight` without a prompt: the terminal UI, on the asked server or on one of its own. */
import { keepJobs } from '../client/kept-client.js';
import { runTui } from '../tui/main.js';
import { journalFor, toOffer } from './journal.js';
import { type OneShotOptions, toDefaults, toPreviewChoice, toSaveOptions } from './one-shot.js';
import { withServer } from './with-server.js';

/** @returns the exit code */
export async function runInteractive(options: OneShotOptions): Promise<number> {
  // The screen belongs to the UI: what the embedded engine says is kept for after it.
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  const preview = toPreviewChoice(options.preview);
  const defaults = toDefaults(options);
  // The UI saves whatever --no-save says.
  const journal = journalFor({ ...options, save: true });
  try {
    const notice = await toOffer(journal, options);
    return await withServer({ ...options, preview: undefined }, note, (client) =>
      runTui({ client: keepJobs(client, { journal, save: toSaveOptions(options), note }), defaults, preview, notice }),
    );
  } finally {
    for (const line of notes) process.stderr.write(`${line}\n`);
  }
}
