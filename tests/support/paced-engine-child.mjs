// A stand-in for engine-child.js that takes its time: a step every few milliseconds, as the prompt says, large previews, and
// pictures that tell of which seed they are and which process made them. Notes each picture that it begins, before it says so.
// Plain JS: it is forked as it is.
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const SEEDS = 2 ** 32;
/** Enough to fill what the network holds for a client that does not read. */
const PREVIEW_SIDE = 1024;
const PICTURE_BYTES = 20_000;

const engine = randomUUID();
const server = process.ppid;
const pixels = new Uint8Array(PREVIEW_SIDE * PREVIEW_SIDE * 3);
const running = new Map();
let tail = Promise.resolve();
let previewsPerSecond = 0;
let previewedAtMs = 0;

function note(what) {
  appendFileSync(
    process.env.SAFELIGHT_ENGINE_NOTES,
    `${JSON.stringify({ engine, pid: process.pid, server, atMs: Date.now(), ...what })}\n`,
  );
}

/** Resolves when it is written, which also lets a cancel in. */
function send(message) {
  return new Promise((resolve) => {
    if (process.connected) process.send(message, undefined, undefined, resolve);
    else resolve();
  });
}

function isPreviewDue() {
  const now = performance.now();
  if (previewsPerSecond === 0 || now - previewedAtMs < 1000 / previewsPerSecond) return false;
  previewedAtMs = now;
  return true;
}

/** The last part differs from process to process: on a GPU two runs need not agree in every bit. */
function toPicture(seed, image) {
  const bytes = Buffer.alloc(PICTURE_BYTES, `picture ${image} of seed ${seed} by ${engine}\n`);
  return { bytes: new Uint8Array(bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function* makePictures({ prompt, seed, count, steps, width, height, format }, signal) {
  const paceMs = Number(prompt.split(' ').at(-1));
  for (let image = 0; image < count; image++) {
    yield { type: 'stage', name: 'encode' };
    for (let step = 1; step <= steps; step++) {
      if (paceMs > 0) await sleep(paceMs);
      signal.throwIfAborted();
      const elapsedMs = (image * steps + step) * paceMs;
      yield { type: 'progress', image, step, steps, elapsedMs, etaMs: count * steps * paceMs - elapsedMs };
      const picture = { width: PREVIEW_SIDE, height: PREVIEW_SIDE, pixels };
      if (isPreviewDue()) yield { type: 'preview', image, step, picture, costMs: 0 };
    }
    yield { type: 'stage', name: 'decode' };
    const ownSeed = (seed + image) % SEEDS;
    yield { type: 'image', image, seed: ownSeed, width, height, format, ...toPicture(ownSeed, image) };
  }
}

async function run({ jobId, params }) {
  const { signal } = running.get(jobId);
  try {
    signal.throwIfAborted();
    let begun = -1;
    for await (const event of makePictures(params, signal)) {
      if (event.type === 'stage' && event.name === 'encode') note({ jobId, image: ++begun });
      await send({ type: 'event', jobId, event });
    }
    await send({ type: 'done', jobId });
  } catch (error) {
    if (!signal.aborted) throw error;
    await send({ type: 'cancelled', jobId });
  } finally {
    running.delete(jobId);
  }
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'cancel') running.get(message.jobId)?.abort();
  if (message.type === 'previews') previewsPerSecond = message.maxPerSecond;
  if (message.type !== 'generate') return;
  previewsPerSecond = message.maxPreviewsPerSecond;
  running.set(message.jobId, new AbortController());
  tail = tail.then(() => run(message));
});
note({});
