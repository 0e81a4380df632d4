/**
 * what live previews cost: the real screen in a real pty that is drained, ten previews a second, first somebody watches, then somebody types.
 * For each protocol: CPU share of the UI's process, bytes a second, and the time from a key to its echo.
 * `npm run build && npm exec -- node bench/preview-paint.mjs [--seconds 6] [protocol …]`; `--show PROTOCOL` plays in this terminal.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { spawn } from '@lydell/node-pty';
import sharp from 'sharp';

const PROTOCOLS = ['off', '256', 'halfblock', 'kitty', 'iterm2', 'sixel'];
const SCREEN = { cols: 120, rows: 40 };
const CELL = { width: 8, height: 17 };
const [PREVIEWS_PER_SECOND, PROGRESS_PER_SECOND] = [10, 10];
const WARM_UP_MS = 1500;
/** A window title: seen by the other side only. */
const MEASURED = '\x1b]2;measured\x07';
/** Letters that nothing else on the screen has, so that an echo is known by its bytes. */
const LETTERS = [...'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķ'];
const root = resolve(import.meta.dirname, '..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '6' }, show: { type: 'string' }, report: { type: 'string' } },
});

if (values.show !== undefined) await play(values.show, values.report);
else await measureAll(positionals.length > 0 ? positionals : PROTOCOLS, Number(values.seconds) * 1000);

async function measureAll(protocols, ms) {
  const rows = [];
  for (const protocol of protocols) rows.push(await measure(protocol, ms));
  console.table(rows);
}

/** Runs this file once more, as the UI, and is its terminal. */
async function measure(protocol, ms) {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-bench-'));
  const report = join(folder, 'report.json');
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  const args = [import.meta.filename, '--show', protocol, '--report', report];
  const pty = spawn(process.execPath, args, { ...SCREEN, env, cwd: folder });
  const ended = new Promise((done) => pty.onExit(done));
  const terminal = answer(pty);
  try {
    await terminal.sees('Ready');
    pty.write('\r');
    await terminal.sees('it/s');
    pty.write('e');
    await delay(WARM_UP_MS);
    await mark(pty, terminal);
    const before = terminal.bytes;
    await delay(ms);
    const bytes = terminal.bytes - before;
    await mark(pty, terminal);
    const latencies = await type(pty, terminal, ms);
    await mark(pty, terminal);
    pty.write('\x03\x03');
    await ended;
    const [watching, typing] = toSpans(JSON.parse(await readFile(report, 'utf8')));
    return {
      protocol,
      'CPU %': round(watching.cpuShare * 100, 1),
      'CPU % typing': round(typing.cpuShare * 100, 1),
      'kB/s': round(bytes / 1000 / watching.seconds, 0),
      'previews/s': round(watching.previewsPerSecond, 1),
      'write ms': round(median(watching.writes), 1),
      'key→echo ms': round(median(latencies), 0),
      p90: round(quantile(latencies, 0.9), 0),
    };
  } finally {
    pty.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The UI notes what it used so far. */
async function mark(pty, terminal) {
  const noted = terminal.sees(MEASURED);
  pty.kill('SIGUSR2');
  await noted;
}

function toSpans(marks) {
  return marks.slice(1).map((mark, before) => {
    const first = marks[before];
    const seconds = (mark.atMs - first.atMs) / 1000;
    return {
      seconds,
      cpuShare: (mark.cpu - first.cpu) / 1e6 / seconds,
      previewsPerSecond: (mark.previews - first.previews) / seconds,
      writes: mark.writes.slice(first.writes.length),
    };
  });
}

/** A terminal that answers what it is asked and takes all it is given. */
function answer(pty) {
  const listeners = new Set();
  const state = { bytes: 0 };
  pty.onData((data) => {
    state.bytes += Buffer.byteLength(data);
    if (data.includes('\x1b[16t')) pty.write(`\x1b[6;${CELL.height};${CELL.width}t`);
    if (data.includes('\x1b[c')) pty.write('\x1b[?62c');
    for (const listener of listeners) listener(data);
  });
  const sees = (words) =>
    new Promise((done, fail) => {
      let seen = '';
      const giveUp = setTimeout(() => fail(new Error(`never saw ${words}: ${seen.slice(-500)}`)), 20_000);
      const listener = (data) => {
        seen += data;
        if (!seen.includes(words)) return;
        clearTimeout(giveUp);
        listeners.delete(listener);
        done();
      };
      listeners.add(listener);
    });
  return Object.assign(state, { sees });
}

async function type(pty, terminal, ms) {
  const latencies = [];
  const until = performance.now() + ms;
  for (let i = 0; performance.now() < until; i++) {
    const letter = LETTERS[i % LETTERS.length];
    const echoed = terminal.sees(letter);
    const typedAt = performance.now();
    pty.write(letter);
    await echoed;
    latencies.push(performance.now() - typedAt);
    await delay(100 + Math.random() * 60);
  }
  return latencies;
}

/** The UI's side: the real screen, with a client that draws noise which becomes a picture, again and again. */
async function play(protocol, report) {
  process.env.NODE_ENV = 'production';
  const { openTerminal } = await import('../dist/tui/terminal/terminal.js');
  const { stdin, stdout, env } = process;
  const terminal = await openTerminal({ stdin, stdout, env, preview: protocol });
  const { openScreen } = await import('../dist/tui/screen.js');
  const writes = timeWrites(stdout);
  const client = await createPlayer();
  const marks = markOnSignal(client, writes);
  const screen = openScreen({
    ...{ client, terminal, params: {}, prompt: 'Ready', isOwn: true, outputDir: tmpdir() },
    save: async () => 'nowhere.png',
    readList: async () => [],
    editText: async (text) => text,
    connect: { check: async function* () {}, use: () => {}, stay: () => {} },
    note: () => {},
  });
  await screen.closed;
  await terminal.close();
  if (report !== undefined) await writeFile(report, JSON.stringify(marks));
  process.exit();
}

/** At each signal. @returns what was noted */
function markOnSignal(client, writes) {
  const marks = [];
  process.on('SIGUSR2', () => {
    const { user, system } = process.cpuUsage();
    marks.push({ atMs: performance.now(), cpu: user + system, previews: client.previews, writes: [...writes] });
    process.stdout.write(MEASURED);
  });
  return marks;
}

/** Of writes that may hold pictures. */
function timeWrites(stdout) {
  const times = [];
  const write = stdout.write.bind(stdout);
  stdout.write = (chunk, ...rest) => {
    const startedAt = performance.now();
    const taken = write(chunk, ...rest);
    if (chunk.length > 2000) times.push(performance.now() - startedAt);
    return taken;
  };
  return times;
}

async function createPlayer() {
  const frames = await drawFrames();
  let wish;
  /** As the server would encode them, once a wish. */
  let encoded = [];
  const model = { id: 'bench', name: 'bench', sizeMultipleOf: 8, guidanceScale: 4, steps: 20, img2img: false };
  const capabilities = {
    protocol: 1,
    server: '',
    models: [model],
    schedulers: [],
    limits: {},
    device: '',
    queueLength: 0,
  };
  const player = {
    url: 'http://127.0.0.1:1',
    welcome: { type: 'welcome', protocol: 1, server: '', epoch: '', capabilities },
    previews: 0,
    setPreview(next) {
      wish = next;
      encoded = next.format === 'none' ? [] : frames.map((frame) => encode(frame, next));
    },
    async *generate(_, { jobId, signal }) {
      const job = { jobId, seq: 1, image: 0 };
      const steps = 100_000;
      let [previews, progresses] = [0, 0];
      const startedAt = performance.now();
      const dueInMs = (count, perSecond) => startedAt + (count * 1000) / perSecond - performance.now();
      yield { type: 'started', ...job, seeds: [1] };
      while (!signal.aborted) {
        const progressInMs = dueInMs(progresses, PROGRESS_PER_SECOND);
        const previewInMs = encoded.length > 0 ? dueInMs(previews, PREVIEWS_PER_SECOND) : Number.POSITIVE_INFINITY;
        if (progressInMs <= 0) {
          progresses += 1;
          const elapsedMs = performance.now() - startedAt;
          yield { type: 'progress', ...job, step: progresses, steps, elapsedMs, etaMs: 60_000 };
        } else if (previewInMs <= 0) {
          const picture = await encoded[previews % encoded.length];
          previews += 1;
          player.previews += 1;
          yield { type: 'preview', ...job, step: 1, format: wish.format, ...picture };
        } else await delay(Math.min(progressInMs, previewInMs)); // no polling: it would count as the UI's
      }
      yield { type: 'cancelled', ...job };
    },
    ack() {},
  };
  return player;
}

async function encode(frame, { format, maxWidth, maxHeight }) {
  const image = sharp(frame).resize(maxWidth, maxHeight, { fit: 'inside' });
  const output = format === 'rgb' ? image.removeAlpha().raw() : image.toFormat(format, { quality: 80 });
  const { data, info } = await output.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, bytes: new Uint8Array(data) };
}

/** From noise to a picture and back: a preview is worst at the start. */
async function drawFrames() {
  const side = 512;
  const picture = await sharp(join(root, 'docs/images/picture.webp')).resize(side, side).removeAlpha().raw().toBuffer();
  return Promise.all(
    Array.from({ length: 20 }, (_, at) => {
      const share = 1 - Math.abs(at - 10) / 10;
      const pixels = picture.map((value) => value * share + Math.random() * 255 * (1 - share));
      return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toBuffer();
    }),
  );
}

function quantile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0;
}

function median(values) {
  return quantile(values, 0.5);
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}
