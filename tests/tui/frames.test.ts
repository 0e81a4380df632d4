/** What people see: every screen, page and question at the sizes that terminals have, compared with frames/*.txt. Read those. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { failed, passed } from '../../src/client/check.js';
import type { PromptHistory } from '../../src/client/prompt-history.js';
import { galleryGrid } from '../../src/tui/gallery-grid.js';
import { type GridCell, gridOf } from '../../src/tui/grid.js';
import { createLayout } from '../../src/tui/layout.js';
import type { LinkState } from '../../src/tui/state/state.js';
import { writePictures } from '../support/picture-folder.js';
import { closeTuis, KEYS, openTui, type Tui, type TuiTestOptions } from './open-tui.js';

const SIZES = [[60, 16], [80, 24], [120, 40], [200, 60]] as const; // biome-ignore format: pairs

type Size = { columns: number; rows: number };
type Scene = (size: Size) => Promise<Tui>;

const PROMPT = 'a lighthouse on a cliff at night, long exposure, film grain';
const PICTURES = [
  { prompt: 'a red barn in the snow', seed: 11, negativePrompt: 'people, cars', guidanceScale: 5 },
  { prompt: 'a lake at night', seed: 12, steps: 30 },
  { prompt: 'a lake in the morning, mist over the water, a boat with nobody in it, 35 mm', seed: 13 },
  { prompt: 'a cyberpunk city', seed: 14 },
];

let cwd: string;
let before: string;
/** The frames show paths: they must be the same on every machine. */
beforeAll(async () => {
  before = process.cwd();
  cwd = await mkdtemp(join(tmpdir(), 'safelight-frames-'));
  process.chdir(cwd);
  await writePictures('pictures', PICTURES);
});
afterEach(closeTuis);
afterAll(async () => {
  process.chdir(before);
  await rm(cwd, { recursive: true });
});

const history: PromptHistory = {
  list: async () => [
    'a red barn in the snow',
    'a lake at night',
    'a cyberpunk city\nin the rain',
    'a lake in the morning',
  ],
  add: async () => {},
};

async function open(size: Size, options: TuiTestOptions = {}): Promise<Tui> {
  const tui = openTui({ color: 'truecolor', outputDir: 'pictures', history, ...size, ...options });
  await tui.shows('Describe a picture');
  return tui;
}

const blocksOf = (text: string) => text.split('▀').length - 1;
const hasPicture = (size: Size) => createLayout({ ...size, aspect: 1 }).picture !== undefined;

async function pressKeys(tui: Tui, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    tui.tty.type(key);
    // Esc waits for what may follow it.
    if (key === KEYS.esc) await tui.until(() => !tui.tty.cursor.isVisible);
  }
}

async function openRunning(size: Size, options: TuiTestOptions = {}): Promise<Tui> {
  const tui = await open(size, { ...options, params: { steps: 20, ...options.params } });
  await tui.generate(PROMPT);
  tui.client.job.tell({ type: 'started', seeds: [42] });
  for (const step of [6, 7])
    tui.client.job.tell({ type: 'progress', image: 0, step, steps: 20, elapsedMs: step * 50, etaMs: (20 - step) * 50 });
  await tui.shows('step 7/20');
  tui.client.job.preview(20, 20, [10, 200, 30]);
  await tui.until((text) => text.includes('▀') === hasPicture(size));
  return tui;
}

async function openDone(size: Size, options: TuiTestOptions = {}): Promise<Tui> {
  const tui = await open(size, options);
  await tui.generate(PROMPT);
  tui.client.job.finish(42, 20);
  await tui.shows('out/1_42.png');
  await tui.lacks('x cancel');
  await tui.until((text) => text.includes('▀') === hasPicture(size));
  return tui;
}

async function openQueue(size: Size, options: TuiTestOptions = {}): Promise<Tui> {
  const tui = await openDone(size, options);
  const make = async (prompt: string) => {
    await pressKeys(tui, 'e', '\x15');
    await tui.generate(prompt);
    return tui.client.job;
  };
  (await make('a lake that nobody may see')).tell({
    type: 'failed',
    code: 'ENGINE_FAILED',
    message: 'the engine ended',
  });
  await tui.shows('the engine ended');
  (await make('a boat')).tell({ type: 'cancelled' });
  await tui.shows('Cancelled.');
  const running = await make('a cyberpunk city in the rain');
  running.tell({ type: 'started', seeds: [7] });
  running.tell({ type: 'progress', image: 0, step: 9, steps: 20, elapsedMs: 900, etaMs: 1100 });
  (await make(`${PROMPT},\nin the style of a woodcut with very thick lines`)).tell({ type: 'queued', position: 0 });
  await tui.shows('9/20');
  await pressKeys(tui, '2', KEYS.down);
  await tui.shows('next in line');
  await tui.shows('› ● a cyberpunk');
  return tui;
}

async function openGallery(size: Size, ...keys: string[]): Promise<Tui> {
  const tui = await open(size);
  await pressKeys(tui, KEYS.esc, '3');
  await tui.shows('1 of 4');
  await tui.shows('a cyberpunk city');
  await pressKeys(tui, ...keys);
  return tui;
}

/** All of their pictures are drawn. */
const blocksShown = (tui: Tui, cells: readonly GridCell[]) => {
  const blocks = cells.reduce((sum, { picture }) => sum + picture.columns * picture.rows, 0);
  return tui.until((text) => blocksOf(text) === blocks);
};
const thumbsShown = (tui: Tui, { columns, rows }: Size, count: number) =>
  blocksShown(tui, galleryGrid({ columns, rows: rows - 2 }).cells.slice(0, count));

async function openCull(size: Size): Promise<Tui> {
  const tui = await open(size, { params: { seed: 100 } });
  tui.tty.type('a lake at night');
  await pressKeys(tui, KEYS.esc, 'c', KEYS.enter);
  await tui.until(() => tui.client.jobs.length === 6);
  for (const [index, job] of tui.client.jobs.slice(0, 4).entries()) {
    job.tell({ type: 'started', seeds: [100 + index] });
    const step = index === 3 ? 5 : 8;
    job.tell({ type: 'progress', image: 0, step, steps: 20, elapsedMs: 1, etaMs: 1 });
    job.preview(16, 16, [40 * index, 90, 120], { step });
  }
  for (const job of tui.client.jobs.slice(0, 3)) job.tell({ type: 'cancelled' });
  await tui.until((text) => text.split(' ready ').length === 4 && text.includes('5/8'));
  const cells = gridOf({ row: 2, column: 1, columns: size.columns - 2, rows: size.rows - 3 }, 6, 1).slice(0, 4);
  await blocksShown(tui, cells);
  tui.tty.type('2');
  await tui.shows('✔2');
  return tui;
}

const SCENES: Record<string, Scene> = {
  'create-empty': open,
  'create-wildcards': async (size) => {
    const tui = await open(size);
    tui.tty.type('a {big|big} house by __artist__, (oil:1.2)');
    await tui.shows('→ a big house by one of artist');
    return tui;
  },
  'create-long-prompt': async (size) => {
    const tui = await open(size);
    tui.tty.type(`${`${PROMPT}, `.repeat(6)}end`);
    await tui.shows(' end');
    tui.tty.type(`${KEYS.tab}blurry, 湖と山`);
    await tui.shows('湖と山');
    return tui;
  },
  'create-running': openRunning,
  'create-many': async (size) => {
    const tui = await openRunning(size, { params: { count: 3 } });
    tui.tty.type('r');
    await tui.until(() => tui.client.jobs.length === 2);
    tui.client.job.tell({ type: 'queued', position: 0 });
    await tui.shows('1 more in the queue');
    return tui;
  },
  'create-done': openDone,
  'create-failed': async (size) => {
    const tui = await openRunning(size);
    const message = 'the model needs 6.1 GB and 4.0 GB are free: choose a smaller picture, or another model';
    tui.client.job.tell({ type: 'failed', code: 'OUT_OF_MEMORY', message });
    await tui.shows('the model needs');
    return tui;
  },
  'create-fields': async (size) => {
    const tui = await open(size);
    tui.tty.type(`a lake${KEYS.tab}${KEYS.tab}500${KEYS.down}${KEYS.down}900\r`);
    await tui.shows('✖ must be a whole number');
    return tui;
  },
  'create-branch': async (size) => {
    const tui = await openRunning(size);
    tui.tty.type('b');
    await tui.shows('forks after step 7');
    return tui;
  },
  queue: openQueue,
  'queue-empty': async (size) => {
    const tui = await open(size);
    await pressKeys(tui, KEYS.esc, '2');
    await tui.shows('Nothing was asked for yet');
    return tui;
  },
  gallery: async (size) => {
    const tui = await openGallery(size);
    await thumbsShown(tui, size, PICTURES.length);
    return tui;
  },
  'gallery-filter': async (size) => {
    const tui = await openGallery(size, '/', 'output_13');
    await tui.shows('a lake in the morning');
    await thumbsShown(tui, size, 1);
    return tui;
  },
  'gallery-empty': async (size) => {
    const tui = await open(size, { outputDir: 'nowhere' });
    await pressKeys(tui, KEYS.esc, '3');
    await tui.shows('No pictures here yet.');
    return tui;
  },
  'server-own': async (size) => {
    const tui = await open(size);
    await pressKeys(tui, KEYS.esc, '4');
    await tui.shows('of this program');
    return tui;
  },
  'server-other': async (size) => {
    const client = { url: 'https://fluffy-otter-1234.ngrok-free.app' };
    const tui = await open(size, { isOwn: false, client, usedBytes: async () => 312e6 });
    await pressKeys(tui, KEYS.esc, '4');
    await tui.shows('31 %');
    return tui;
  },
  'contact-sheet': openCull,
  help: async (size) => {
    const tui = await open(size);
    await pressKeys(tui, KEYS.esc, '?');
    await tui.shows('into the form');
    return tui;
  },
  picker: async (size) => {
    const tui = await open(size);
    tui.tty.type(`${KEYS.tab}${KEYS.tab}${KEYS.down.repeat(6)}\r`);
    await tui.shows('› dpmpp_2m');
    return tui;
  },
  search: async (size) => {
    const tui = await open(size);
    await tui.shows('Describe');
    tui.tty.type('\x12lake');
    await tui.shows('search lake');
    return tui;
  },
  'quit-own': async (size) => {
    const tui = await openRunning(size);
    tui.tty.type('q');
    await tui.shows('not done yet');
    return tui;
  },
  'quit-other': async (size) => {
    const tui = await openRunning(size, { isOwn: false });
    tui.tty.type('q');
    await tui.shows('leave it running');
    return tui;
  },
  delete: async (size) => {
    const tui = await openGallery(size, 'd');
    await tui.shows('to the trash?');
    return tui;
  },
  info: async (size) => {
    const tui = await openGallery(size, 'G', 'i');
    await tui.shows('written by safelight');
    return tui;
  },
  welcome: async (size) => {
    const tui = openTui({ color: 'truecolor', ...size, isFirstRun: true });
    await tui.shows('Welcome to safelight');
    return tui;
  },
  connect: async (size) => {
    const check = async function* () {
      yield passed('address', 'https://fluffy-otter-1234.ngrok-free.app is an address');
      yield passed('server', 'it answers, at first in 212 ms');
      yield failed('token', 'the server does not know this token', 'copy the whole line, with #token=…');
    };
    const tui = await open(size, { connect: { check, use: () => {}, stay: () => {} } });
    await pressKeys(tui, KEYS.esc, '4', 'c');
    tui.tty.type('https://fluffy-otter-1234.ngrok-free.app#token=0123456789abcdef');
    await tui.shows('token=0123•');
    tui.tty.type(KEYS.enter);
    await tui.shows('change it and try again');
    return tui;
  },
  'cull-question': async (size) => {
    const tui = await open(size);
    await pressKeys(tui, 'a lake', KEYS.esc, 'c');
    await tui.shows('6 seeds');
    return tui;
  },
  'link-down': async (size) => {
    let tell: (link: LinkState) => void = () => {};
    const onLink = (listener: (link: LinkState) => void) => {
      tell = listener;
    };
    const tui = await openRunning(size, { isOwn: false, onLink });
    tell({ state: 'down', retryMs: 500, attempt: 1 });
    await tui.shows('retrying now');
    return tui;
  },
};

/** Pictures as `#`; rows that are all alike once, with their number. */
function toFrame(tui: Tui, { columns, rows }: Size): string {
  const lines = tui.tty.rows().map((row) => row.replaceAll('▀', '#'));
  const groups = lines.reduce<string[][]>((so, line) => {
    if (so.at(-1)?.[0] === line) so.at(-1)?.push(line);
    else so.push([line]);
    return so;
  }, []);
  const shown = groups.flatMap((group) =>
    group.length < 4 ? group : [group[0], `⋮ ${group.length} rows like this one`],
  );
  return [`── ${columns}×${rows} `.padEnd(columns, '─'), ...shown, '─'.repeat(columns)].join('\n');
}

test.each(Object.entries(SCENES))('%s', async (name, scene) => {
  const frames: string[] = [];
  for (const [columns, rows] of SIZES) {
    const tui = await scene({ columns, rows });
    // Once for the switch to the alternate screen.
    expect(tui.tty.scrolls).toBe(1);
    frames.push(toFrame(tui, { columns, rows }));
  }
  await expect(`${frames.join('\n')}\n`).toMatchFileSnapshot(`frames/${name}.txt`);
});

/** Too small for a form: everything is one line. */
const LINE_SCENES: Scene[] = [
  SCENES['create-empty'],
  async (size) => {
    const tui = await open(size);
    tui.tty.type(PROMPT);
    await tui.shows('film grain');
    return tui;
  },
  openRunning,
  openDone,
  SCENES['create-failed'],
  async (size) => {
    const tui = await openRunning(size);
    tui.tty.type('q');
    await tui.shows('not done yet');
    return tui;
  },
  async (size) => {
    const tui = await openDone(size);
    tui.tty.type('3');
    await tui.shows('too small for the gallery');
    return tui;
  },
];

test('one line', async () => {
  const frames: string[] = [];
  for (const scene of LINE_SCENES) {
    const tui = await scene({ columns: 40, rows: 8 });
    frames.push(toFrame(tui, { columns: 40, rows: 8 }));
  }
  await expect(`${frames.join('\n')}\n`).toMatchFileSnapshot('frames/one-line.txt');
});
