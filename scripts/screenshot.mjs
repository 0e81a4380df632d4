/**
 * Makes the README's pictures from real sessions: the built command in a pty, painting with the embedded model.
 * `npm run build && npm exec -- node scripts/screenshot.mjs [SCENE…]` writes docs/images/.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { writeFilm, writeStill } from './screenshot/encode.mjs';
import { startFilm } from './screenshot/film.mjs';
import { DENSITY, openSession } from './screenshot/session.mjs';

const root = resolve(import.meta.dirname, '..');
const image = (name) => join(root, 'docs/images', name);
const CITY = 'a cyberpunk city at night';
const SEA = 'a calm sea at sunset';
const KEYS = { enter: '\r', tab: '\t', escape: '\x1b', right: '\x1b[C', down: '\x1b[B' };
const LONGEST_FILM_MS = 10_000;

/** What the gallery shows, oldest first: prompt and seed. */
const MADE_BEFORE = [
  ['a pine forest in the fog at dawn', 4],
  ['a yellow tent in the mountains at night', 2],
  ['a white sailboat on a calm sea at noon', 1],
  ['a red church in snowy mountains at dusk', 3],
  [CITY, 2],
  ['a blue balloon over the savanna at sunset', 4],
  ['an acacia in the savanna at dawn, watercolor', 2],
  [SEA, 3],
];

/** What the embedded model can: prompt and seed. */
const TWELVE = [
  ['a lighthouse in a storm at night', 3],
  ['a white sailboat on a calm sea at noon', 1],
  ['an acacia in the savanna at dawn, watercolor', 2],
  [CITY, 2],
  ['a pine forest in the fog at dawn', 4],
  ['a red cabin in a snowy forest', 6],
  ['a pink castle by a lake at night', 5],
  ['a cactus in the desert at noon', 3],
  ['a blue balloon over the savanna at sunset', 4],
  ['a red lighthouse and a sailboat at night', 3],
  ['a sailboat at sunset, ink', 3],
  ['a palm tree on the beach at sunset', 4],
];

/** Nothing runs any more, and so many pictures of this session are listed. */
const isDone = (count) => new RegExp(`2 queue {2}[^]*(✔ generated_images[^✔]*){${count}}`);
const pictures = (count) => (now) => now.pictures.length === count;

/** A look that came between these steps: on a busy machine there are few, and an old one stands beside a high number. */
function looksDeveloped(first, last) {
  let older;
  return ({ text, pictures: [picture] }) => {
    const step = Number(/step (\d+)\//.exec(text)?.[1] ?? 0);
    if (step > last) throw new Error(`no look between step ${first} and ${last}: is the machine busy?`);
    if (step < first) older = picture?.base64;
    return step >= first && picture?.base64 !== older;
  };
}

/** A moment for whoever watches. */
const beat = (ms) => new Promise((done) => setTimeout(done, ms));

const SCENES = {
  async picture() {
    await inFolder(async (cwd) => {
      await sharp(await paint(cwd, CITY, 2))
        .webp({ quality: 90 })
        .toFile(image('picture.webp'));
    });
  },

  async grid() {
    await inFolder(async (cwd) => {
      await sharp(await paintAll(cwd, TWELVE), { join: { across: 4, shim: 12, background: '#000' } })
        .resize({ width: 1024 })
        .webp({ quality: 88 })
        .toFile(image('grid.webp'));
    });
  },

  async create() {
    await inSession(['-s', '80', '--seed', '2'], async (session) => {
      await generate(session, CITY);
      await session.until(looksDeveloped(35, 60));
      await writeStill(await session.shoot(), image('create.webp'), DENSITY);
    });
  },

  async parameters() {
    await inSession(['--seed', '3'], async (session) => {
      await generate(session, SEA);
      await session.shows(isDone(1));
      session.type(KEYS.tab.repeat(3));
      await session.shows('hires');
      session.type(KEYS.down.repeat(3) + KEYS.right);
      await session.shows(/› guidance +‹ 3.5 ›/);
      await writeStill(await session.shoot(), image('parameters.webp'), DENSITY);
    });
  },

  async cull() {
    await inSession(['--seed', '1'], async (session) => {
      await session.shows('generate');
      session.type(CITY);
      await session.shows(CITY);
      session.type(KEYS.escape);
      await session.shows('contact sheet');
      session.type('c');
      await session.shows('6 seeds');
      session.type(KEYS.down + KEYS.right.repeat(6));
      await session.shows('14 steps each');
      session.type(KEYS.enter);
      await session.until(({ text }) => text.match(/ready/g)?.length === 6);
      session.type('25');
      await session.until(({ text }) => text.includes('✔2') && text.includes('✔5'));
      await writeStill(await session.shoot(), image('contact-sheet.webp'), DENSITY);
    });
  },

  async gallery() {
    await inSession(
      [],
      async (session) => {
        await session.shows('generate');
        session.type(KEYS.escape);
        await session.shows('q quit');
        await openGallery(session);
        session.type(KEYS.right);
        await session.shows(/2 of 8\n.*an acacia/);
        await session.until(pictures(8));
        await writeStill(await session.shoot(), image('gallery.webp'), DENSITY);
      },
      (cwd) => paintAll(cwd, MADE_BEFORE),
    );
  },

  async halfBlocks() {
    await inSession(['--seed', '3', '--preview', 'halfblock'], async (session) => {
      await generate(session, SEA);
      await session.shows(isDone(1));
      await writeStill(await session.shoot(), image('half-blocks.webp'), 1);
    });
  },

  async film() {
    await inSession(
      ['-s', '20', '--seed', '2'],
      async (session) => {
        await session.shows('generate');
        const stop = startFilm(session);
        await beat(300);
        await session.typeSlowly(CITY, 45);
        await beat(250);
        session.type(KEYS.enter);
        await session.shows(isDone(1));
        await beat(700);
        session.type('R');
        await session.shows(isDone(2));
        await beat(700);
        await openGallery(session);
        await beat(600);
        session.type(KEYS.right);
        await beat(1000);
        const shots = await stop();
        const ms = shots.reduce((sum, shot) => sum + shot.ms, 0);
        if (ms > LONGEST_FILM_MS) throw new Error(`a film of ${ms} ms: is the machine busy?`);
        await writeFilm(shots, image('terminal.webp'));
      },
      (cwd) => paintAll(cwd, MADE_BEFORE),
    );
  },
};

async function inSession(args, play, prepare = async () => {}) {
  await inFolder(async (cwd) => {
    await prepare(cwd);
    const session = openSession({ args, cwd });
    try {
      await play(session);
    } finally {
      await session.close();
    }
  });
}

/** Of its own, and gone afterwards. */
async function inFolder(work) {
  const cwd = await mkdtemp(join(tmpdir(), 'safelight-shot-'));
  try {
    await work(cwd);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

async function generate(session, prompt) {
  await session.shows('generate');
  session.type(prompt);
  await session.shows(prompt);
  session.type(KEYS.enter);
}

async function openGallery(session) {
  session.type('3');
  await session.until(pictures(8));
}

/** One after the other. @returns their paths */
async function paintAll(cwd, wanted) {
  const files = [];
  for (const [prompt, seed] of wanted) files.push(await paint(cwd, prompt, seed));
  return files;
}

/** One picture from the command line. @returns its path */
async function paint(cwd, prompt, seed) {
  const env = { ...process.env, SAFELIGHT_CONFIG_DIR: join(cwd, 'config'), SAFELIGHT_DATA_DIR: join(cwd, 'data') };
  const args = [join(root, 'dist/cli/main.js'), prompt, '--seed', String(seed), '--quiet'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env });
  return join(cwd, stdout.trim());
}

const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(SCENES)) await SCENES[name]();
