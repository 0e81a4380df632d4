/** What the UI does with saved pictures: lists, shows, opens, tells of, copies and removes them. Never throws: what fails is told. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { listPictures, openPicture, type PictureDetails, readDetails, trashPicture } from '../client/gallery.js';
import { parseWith } from '../protocol/errors.js';
import { GenerationParamsSchema, PARAM_DEFAULTS } from '../protocol/params.js';
import { toPrintable } from '../protocol/printable.js';
import { readHeader } from './decode-picture.js';
import { messageOf } from './jobs.js';
import { MAIN_SLOT, type Pictures } from './pictures.js';
import { FIELDS } from './state/fields.js';
import type { Details } from './state/gallery-state.js';
import type { Store } from './store.js';

export interface PictureFiles {
  /** Reads the folder anew. */
  list(): void;
  /** On the big screen of Create. */
  show(path: string): void;
  /** Small, in a slot of the gallery's page. */
  showThumb(slot: string, path: string): void;
  /** Finds out what it was made from, unless that is known. */
  look(path: string): void;
  /** All that are listed, one after the other: from then on they are found by their words. */
  lookAtAll(): void;
  /** In the system's viewer. */
  open(path: string): void;
  /** What it was made from, over the screen. */
  tell(path: string): void;
  /** To the clipboard. @param what as in "… is sent to the terminal’s clipboard" */
  copy(text: string, what: string): void;
  /** To the trash. */
  remove(path: string): void;
}

export interface PictureFilesDeps {
  store: Store;
  pictures: Pick<Pictures, 'show'> | undefined;
  outputDir: string;
  /** @returns where it is now, as in "The path is …" */
  copyText(text: string): Promise<string>;
}

export function createPictureFiles({ store, pictures, outputDir, copyText }: PictureFilesDeps): PictureFiles {
  const { getState, dispatch } = store;
  const hint = (text: string) => dispatch({ type: 'notice', notice: { kind: 'hint', text } });
  const attempt = (work: Promise<unknown>) =>
    void work.catch((thrown) => dispatch({ type: 'notice', notice: { kind: 'error', text: messageOf(thrown) } }));

  async function list(): Promise<void> {
    const items = (await listPictures(outputDir)).map(({ path, savedAtMs }) => ({ path, savedAtMs }));
    dispatch({ type: 'galleryListed', items });
  }

  async function show(slot: string, path: string): Promise<void> {
    await pictures?.show(slot, new Uint8Array(await readFile(path)));
  }

  async function look(path: string): Promise<Details> {
    const known = getState().gallery.details.get(path);
    const details = known ?? toDetails(await readDetails(path, readHeader));
    if (known === undefined) dispatch({ type: 'galleryTold', path, details });
    return details;
  }

  async function lookAtAll(): Promise<void> {
    // What cannot be read is told when it is chosen.
    for (const { path } of getState().gallery.items) await look(path).catch(() => {});
  }

  async function tell(path: string): Promise<void> {
    const { lines } = await look(path);
    dispatch({ type: 'open', overlay: { kind: 'info', title: basename(path), lines: [path, '', ...lines], page: 0 } });
  }

  async function remove(path: string): Promise<void> {
    await trashPicture(path);
    dispatch({ type: 'galleryRemoved', path });
    hint(`${basename(path)} is in the trash.`);
  }

  return {
    list: () => attempt(list()),
    show: (path) => attempt(show(MAIN_SLOT, path)),
    showThumb: (slot, path) => attempt(show(slot, path)),
    look: (path) => attempt(look(path)),
    lookAtAll: () => attempt(lookAtAll()),
    tell: (path) => attempt(tell(path)),
    remove: (path) => attempt(remove(path)),
    open(path) {
      hint(`Opening ${basename(path)}…`);
      attempt(openPicture(path));
    },
    copy: (text, what) => attempt(copyText(text).then((where) => hint(`${what} is ${where}.`))),
  };
}

/** A recipe that is no request of ours still has words for people. */
export function toDetails({ bytes, width, height, recipe, refusal }: PictureDetails): Details {
  const size = `${width}×${height}, ${Math.round(bytes.length / 1024)} KB`;
  if (recipe === undefined) return { request: undefined, lines: [size, toSentence(refusal ?? NOT_SAID)] };
  const { prompt, negativePrompt, ...rest } = recipe.params;
  const told = Object.entries(rest).filter(([name, value]) => !UNTOLD.has(name) && value !== USUAL[name]);
  const words = told.map(([name, value]) => `${labelOf(name)} ${String(value)}`);
  const lines = [
    String(prompt ?? ''),
    ...(negativePrompt !== undefined && negativePrompt !== '' ? [`not: ${String(negativePrompt)}`] : []),
    [size, ...words].join(' · '),
    ...(recipe.model === undefined ? [] : [`model ${recipe.model}, written by ${recipe.writer}`]),
    // Of our own pictures everything is known but the model's weights.
    ...(recipe.writer === 'safelight' ? [] : recipe.unknown.map((words) => `not known: ${toPrintable(words)}`)),
  ];
  return { request: toRequest(recipe.params), lines };
}

const NOT_SAID = 'the file does not say how it was made';

function toSentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

const labelOf = (name: string) => FIELDS.find((field) => field.name === name)?.label ?? name;

/** The picture itself tells them. */
const UNTOLD = new Set(['width', 'height', 'count']);
const USUAL: Record<string, unknown> = PARAM_DEFAULTS;

function toRequest(params: Record<string, unknown>): Details['request'] {
  try {
    // What needs an input picture that is not at hand cannot be made again as it was.
    const { strength: _, ...rest } = params;
    return parseWith(GenerationParamsSchema, rest);
  } catch {
    return undefined;
  }
}
