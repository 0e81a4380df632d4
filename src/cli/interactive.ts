/** `safelight` without a prompt: the terminal UI, on the asked server or on one of its own. */
import { connect } from '../client/client.js';
import { runTui } from '../tui/main.js';
import { type OneShotOptions, toDefaults, toSaveOptions } from './one-shot.js';

/** @returns the exit code */
export async function runInteractive(options: OneShotOptions): Promise<number> {
  // The screen belongs to the UI: what the embedded engine says is kept for after it.
  const notes: string[] = [];
  const embedded =
    options.apiUrl === undefined
      ? await (await import('./embedded.js')).startEmbedded(options.model, (line) => notes.push(line))
      : undefined;
  try {
    const { url, token } = embedded ?? { url: options.apiUrl ?? '', token: options.token };
    const client = await connect({ url, token });
    try {
      return await runTui({
        client,
        defaults: toDefaults(options),
        save: toSaveOptions(options),
        preview: options.preview,
      });
    } finally {
      await client.close();
    }
  } finally {
    await embedded?.close();
    for (const line of notes) process.stderr.write(`${line}\n`);
  }
}
