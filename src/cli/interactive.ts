/** `safelight` without a prompt: the terminal UI, on the asked server or on one of its own, and on from there to others. */
import { join } from 'node:path';
import { parseAddress, toLine } from '../client/address.js';
import { checkServer } from '../client/check-server.js';
import type { Client } from '../client/client.js';
import { removeTemporaries } from '../client/durable-file.js';
import type { Journal } from '../client/journal.js';
import { keepJobs } from '../client/kept-client.js';
import { createPromptHistory } from '../client/prompt-history.js';
import { checkSaving } from '../client/save.js';
import { hasSettings, LOCAL_PROFILE, loadSettings, saveSettings, settingsFile } from '../client/settings.js';
import { createListReader } from '../client/wildcard-lists.js';
import { withOverrides } from '../tui/key-overrides.js';
import { runTui, type TuiOptions } from '../tui/main.js';
import { configDir, dataDir, isPlain } from './env.js';
import { toWords } from './failure.js';
import { claimLeft, journalFor, toOffer } from './journal.js';
import { type OneShotOptions, toDefaults, toPreviewChoice, toSaveOptions } from './one-shot.js';
import { openSettings } from './settings.js';
import { openUsage, withServer } from './with-server.js';

type OnLink = NonNullable<Parameters<typeof withServer>[0]['onLink']>;

/** @returns the exit code */
export async function runInteractive(options: OneShotOptions): Promise<number> {
  await checkSaving(await toSaveOptions(options));
  process.once('exit', removeTemporaries);
  for (let server = options; ; ) {
    const { code, next } = await runOn(server);
    if (next === undefined) return code;
    server = { ...server, apiUrl: next, token: undefined, model: undefined };
  }
}

/** @returns the exit code, and the server to go on with */
async function runOn(options: OneShotOptions): Promise<{ code: number; next: string | undefined }> {
  // The screen belongs to the UI: what the embedded engine says is kept for after it.
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  // The UI saves whatever --no-save says.
  const journal = journalFor({ ...options, save: true });
  let next: string | undefined;
  let tellLink: OnLink = () => {};
  try {
    const { keys = {}, theme = 'auto' } = await openSettings();
    const bindings = withOverrides(keys);
    const run = async (client: Client) => {
      const left = await claimLeft(journal, client.url);
      return runTui({
        ...(await toTuiOptions(client, options, journal, note)),
        ...{ left, bindings, theme, note },
        notice: await toOffer(journal, options),
        isFirstRun: await isFirstRun(options),
        onLink(listener) {
          tellLink = listener;
        },
        connect: {
          check: checkServer,
          stay: () => void rememberLocal().catch((error: unknown) => note(toWords(error))),
          use(address) {
            next = address;
          },
        },
      });
    };
    const onLink: OnLink = (link) => tellLink(link);
    const code = await withServer({ ...options, preview: undefined, onLink }, note, run);
    if (next !== undefined) await remember(next);
    return { code, next };
  } finally {
    for (const line of notes) process.stderr.write(`${line}\n`);
  }
}

async function toTuiOptions(
  client: Client,
  options: OneShotOptions,
  journal: Journal | undefined,
  note: (line: string) => void,
): Promise<Omit<TuiOptions, 'connect' | 'note' | 'theme'>> {
  const save = await toSaveOptions(options);
  const usage = openUsage();
  const { host } = new URL(client.url);
  return {
    client: keepJobs(client, { journal, save, note }),
    isOwn: options.apiUrl === undefined,
    defaults: toDefaults(options),
    isPlain: isPlain(options),
    preview: toPreviewChoice(options.preview),
    outputDir: save.outputDir,
    readList: createListReader(join(configDir(), 'wildcards')),
    history: createPromptHistory(join(dataDir(), 'prompts')),
    usedBytes: options.apiUrl === undefined ? undefined : () => usage.usageOf(host),
  };
}

/** Nobody has set anything: whoever has a GPU somewhere must not miss the way to it. */
async function isFirstRun({ apiUrl }: OneShotOptions): Promise<boolean> {
  return apiUrl === undefined && !(await hasSettings(settingsFile(configDir())));
}

async function rememberLocal(): Promise<void> {
  const file = settingsFile(configDir());
  await saveSettings(file, { ...(await loadSettings(file)), profile: LOCAL_PROFILE });
}

/** Under the first part of its name, and as the one to begin with from now on. */
async function remember(text: string): Promise<void> {
  const file = settingsFile(configDir());
  const settings = await loadSettings(file);
  const address = parseAddress(text);
  const { hostname } = new URL(address.http);
  const short = hostname.split('.')[0];
  const name = short === LOCAL_PROFILE || /^\d+$/.test(short) ? hostname : short;
  const profile = { url: toLine(address) };
  await saveSettings(file, { ...settings, profile: name, profiles: { ...settings.profiles, [name]: profile } });
}
