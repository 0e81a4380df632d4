/** `safelight models`, and the one door to the model store for the other commands. */
import { join, resolve } from 'node:path';
import type { ModelDescription } from '../models/describe.js';
import type { PullEvent } from '../models/pull.js';
import { KNOWN_MODELS, knownModel } from '../models/registry.js';
import { toSizeText } from '../models/size-text.js';
import { bytesBelow, createModelStore, type ModelStore, type StoredModel } from '../models/store.js';
import { createTransferMeter, type Transfer } from '../models/transfer-meter.js';
import { toClock } from '../tui/progress-text.js';
import { EMBEDDED_ID, EMBEDDED_MODEL } from './embedded-model.js';
import { dataDir, given } from './env.js';
import { fail, usageError } from './failure.js';
import { createInterrupt } from './interrupt.js';
import { toTable } from './table.js';

export interface ModelsOptions {
  modelsDir?: string;
}

/** `embedded`: part of the package, not of the store. */
type ListedModel = StoredModel & { embedded?: true };

const PLAIN_COLUMNS = 80;
const REWRITE_LINE = '\r\x1b[K';

export function openModelStore({ modelsDir }: ModelsOptions): ModelStore {
  return createModelStore(modelsDir ?? given(process.env.SAFELIGHT_MODELS_DIR) ?? join(dataDir(), 'models'));
}

/** A folder as it is, or a model of the store by its id. @throws SafelightError MODEL_NOT_FOUND */
export async function findModelDir(dirOrId: string): Promise<string> {
  return resolve(await openModelStore({}).find(dirOrId));
}

/** Of every complete model that was pulled. */
export async function storedModelDirs(): Promise<string[]> {
  const models = await openModelStore({}).list();
  return models.filter(({ complete }) => complete).map(({ dir }) => resolve(dir));
}

/** Progress on stderr, the folder alone on stdout; Ctrl-C ends it between two chunks and keeps what came. @returns the exit code */
export async function runModelsPull(id: string, options: ModelsOptions & { revision?: string }): Promise<number> {
  refuseEmbedded(id, 'there is nothing to download');
  const interrupt = createInterrupt('interrupted; the next pull continues from here');
  const isLive = process.stderr.isTTY && process.env.TERM !== 'dumb';
  const progress = isLive ? createLiveProgress() : createLineProgress();
  try {
    const { pullModel } = await import('../models/pull.js');
    const { signal } = interrupt.controller;
    const pull = pullModel(id, { store: openModelStore(options), revision: options.revision, hub: toHub(), signal });
    for await (const event of pull) {
      progress.event(event);
      if (event.type === 'done') process.stdout.write(`${event.dir}\n`);
    }
    return 0;
  } catch (error) {
    progress.close();
    const code = fail(error);
    return interrupt.exitCode() ?? code;
  } finally {
    progress.close();
    interrupt.stop();
  }
}

/** The store's models and the embedded one, which every server has, too. @returns the exit code */
export async function runModelsLs(options: ModelsOptions & { json?: boolean }): Promise<number> {
  const store = openModelStore(options);
  const stored = await store.list();
  const { id, dir, bytes, complete, licence } = await describeEmbedded();
  const models: ListedModel[] = [...stored, { id, dir, bytes, complete, licence, embedded: true }];
  if (options.json === true) process.stdout.write(`${JSON.stringify(models)}\n`);
  else process.stdout.write(toTable(['ID', 'SIZE', 'LICENCE', 'STATE'], models.map(toRow)));
  if (options.json !== true && stored.length === 0)
    process.stderr.write(
      `\nno models in ${store.dir}; these are known, and \`safelight models pull ID\` gets one:\n${toKnown()}`,
    );
  return 0;
}

/** Asks nothing. @returns the exit code  @throws SafelightError INVALID_PARAMS | MODEL_NOT_FOUND */
export async function runModelsRm(id: string, options: ModelsOptions): Promise<number> {
  refuseEmbedded(id, 'it cannot be removed');
  const { dir, bytes } = await openModelStore(options).remove(id);
  process.stdout.write(`removed ${id}: ${toSizeText(bytes)} in ${dir}\n`);
  return 0;
}

/** @returns the exit code: 2 for a folder that cannot be used  @throws SafelightError INVALID_PARAMS | MODEL_NOT_FOUND */
export async function runModelsInfo(dirOrId: string, options: ModelsOptions & { json?: boolean }): Promise<number> {
  const { describeModel } = await import('../models/describe.js');
  const isEmbedded = dirOrId === EMBEDDED_ID;
  const model = isEmbedded ? await describeEmbedded() : await describeModel(dirOrId, openModelStore(options));
  const { summary, bytes, complete, dir, id, problem } = model;
  const rows: [string, string | number | undefined][] = [
    ['id', id],
    ['folder', dir ?? `not here; \`safelight models pull ${id}\` downloads it`],
    ['size', bytes && `${toSizeText(bytes)}${complete === false ? ', partial' : ''}`],
    ['revision', model.commit === undefined ? model.revision : `${model.revision} = ${model.commit}`],
    ['licence', model.licence],
    ['note', model.note],
    ['family', model.family && `${model.family}${model.inpainting ? ', inpainting' : ''}`],
    ['sizes', summary && `multiples of ${summary.sizeMultipleOf}`],
    ['steps', summary?.steps],
    ['guidance', summary?.guidanceScale],
    ['scheduler', summary?.scheduler],
    ['img2img', summary && (summary.img2img ? 'yes' : 'no: there is no vae_encoder')],
    ['problem', problem],
  ];
  if (options.json === true) process.stdout.write(`${JSON.stringify(model)}\n`);
  else for (const [name, value] of rows) if (value !== undefined) process.stdout.write(`${name.padEnd(10)} ${value}\n`);
  return problem === undefined ? 0 : 2;
}

/** HF_ENDPOINT and HF_TOKEN, as every tool of the hub has them; the token goes to the hub and nowhere else. */
function toHub(): { url?: string; token?: string } {
  const { HF_ENDPOINT: url, HF_TOKEN: token } = process.env;
  if (url !== undefined && url !== '' && !/^https?:\/\//.test(url))
    throw usageError(`HF_ENDPOINT: ${url} is no http address`);
  return { url: given(url), token: given(token?.trim()) };
}

interface Progress {
  event(event: PullEvent): void;
  /** Leaves the terminal on a fresh line. Twice is safe. */
  close(): void;
}

function createLiveProgress(): Progress {
  const meter = createTransferMeter(() => performance.now());
  let isOpen = false;
  const write = (line: string, ending: '' | '\n') => {
    const columns = (process.stderr.columns ?? PLAIN_COLUMNS) - 1;
    process.stderr.write(`${REWRITE_LINE}${ending === '' ? line.slice(0, columns) : line}${ending}`);
    isOpen = ending === '';
  };
  return {
    event(event) {
      if (event.type === 'progress') write(toProgressText(meter(event.doneBytes, event.totalBytes), event.path), '');
      else for (const line of toLines(event)) write(line, event.type === 'file' ? '' : '\n');
    },
    close() {
      if (isOpen) process.stderr.write('\n');
      isOpen = false;
    },
  };
}

function createLineProgress(): Progress {
  const meter = createTransferMeter(() => performance.now());
  let tenth = 0;
  const event = (event: PullEvent) => {
    if (event.type !== 'progress') {
      if (event.type !== 'file') for (const line of toLines(event)) process.stderr.write(`${line}\n`);
      return;
    }
    const transfer = meter(event.doneBytes, event.totalBytes);
    const now = Math.floor((10 * event.doneBytes) / event.totalBytes);
    if (now !== tenth) process.stderr.write(`${toProgressText(transfer, event.path)}\n`);
    tenth = now;
  };
  return { event, close: () => {} };
}

/** `42 % · 1.8 GB of 4.3 GB · 24 MB/s · 1:44 left · unet/weights.pb` */
export function toProgressText({ doneBytes, totalBytes, bytesPerSecond, etaMs }: Transfer, path: string): string {
  const parts = [
    `${Math.floor((100 * doneBytes) / totalBytes)} %`,
    `${toSizeText(doneBytes)} of ${toSizeText(totalBytes)}`,
    ...(bytesPerSecond === undefined ? [] : [`${toSizeText(bytesPerSecond)}/s`]),
    ...(etaMs === undefined ? [] : [`${toClock(etaMs)} left`]),
  ];
  return [...parts, path].join(' · ');
}

function toLines(event: Exclude<PullEvent, { type: 'progress' }>): string[] {
  switch (event.type) {
    case 'start': {
      const licence = event.licence ?? knownModel(event.id)?.licence ?? 'not stated: see its page before you use it';
      const warning = knownModel(event.id)?.nonCommercial ? ' (no commercial use)' : '';
      const what = `${event.id} at ${event.commit.slice(0, 12)}: ${event.files} files, ${toSizeText(event.totalBytes)}`;
      return [what, `licence: ${licence}${warning}`];
    }
    case 'file':
      return [`${{ here: 'already here:', download: 'downloading', check: 'checking' }[event.state]} ${event.path}`];
    case 'retry':
      return [`${event.message}; trying again in ${Math.ceil(event.delayMs / 1000)} s`];
    case 'done':
      return [`complete and checked; family ${event.folder.family}`];
  }
}

function toRow({ id, bytes, licence, complete, embedded }: ListedModel): string[] {
  return [id, toSizeText(bytes), licence ?? 'unknown', embedded ? 'embedded' : complete ? 'complete' : 'partial'];
}

async function describeEmbedded(): Promise<ModelDescription & StoredModel> {
  const { describeFolder } = await import('../models/describe.js');
  const folder = await describeFolder(EMBEDDED_MODEL);
  const note = 'embedded in safelight: the default where no other model is named';
  return {
    id: EMBEDDED_ID,
    bytes: await bytesBelow(EMBEDDED_MODEL),
    complete: true,
    note,
    ...folder,
    dir: EMBEDDED_MODEL,
  };
}

/** @throws SafelightError INVALID_PARAMS */
function refuseEmbedded(id: string, words: string): void {
  if (id === EMBEDDED_ID) throw usageError(`${id} is embedded in safelight: ${words}`);
}

function toKnown(): string {
  const rows = KNOWN_MODELS.map(({ id, approximateBytes, licence, nonCommercial, device, note }) => [
    id,
    `~${toSizeText(approximateBytes)}`,
    `${licence}${nonCommercial ? ' (no commercial use)' : ''}`,
    device === 'cuda' ? 'CUDA only' : 'any device',
    note,
  ]);
  return toTable(['ID', 'SIZE', 'LICENCE', 'DEVICE', 'NOTE'], rows);
}
