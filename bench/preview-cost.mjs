/**
 * What previews cost: the share of a job's time that their decoding (engine) and encoding (server) take, with 0, 1 and 50
 * watchers who want them, and how many each got of those it asked for. Where a step takes 50 ms or more the share is held to
 * 3 %; a quicker model's previews are held to the asked rate alone. `npm run build && npm exec -- node bench/preview-cost.mjs`
 */
import { randomUUID } from 'node:crypto';
import { startServe } from './support/serve.mjs';
import { watchJobs } from './support/watch.mjs';

const BASE = { prompt: 'a hill', seed: 42 };
const JOBS = [
  {
    name: 'slow 2048×2048',
    params: { ...BASE, steps: 24, width: 1024, height: 1024, hiresScale: 2, hiresStrength: 1 },
  },
  {
    name: 'slow 1536×1536',
    params: { ...BASE, steps: 24, width: 1024, height: 1024, hiresScale: 1.5, hiresStrength: 1 },
  },
  { name: 'quick 256×256', params: { ...BASE, steps: 100, width: 256, height: 256, count: 4 } },
];
const RATES = [1, 4, 8, 30];
const FORMATS = ['jpeg', 'png', 'webp', 'rgb'];

/** No two alike, the first of them the client's default. */
function toWishes(count) {
  return Array.from({ length: count }, (_, i) => {
    const side = 256 - 4 * i;
    return { maxWidth: side, maxHeight: side, format: FORMATS[i % 4], maxPerSecond: RATES[(2 + (i >> 2)) % 4] };
  });
}

const SUMS = {
  decode: 'safelight_preview_seconds_sum{part="decode"}',
  encode: 'safelight_preview_seconds_sum{part="encode"}',
  step: 'safelight_step_seconds_sum',
  decodes: 'safelight_preview_seconds_count{part="decode"}',
  encodes: 'safelight_preview_seconds_count{part="encode"}',
  steps: 'safelight_step_seconds_count',
};

/** By how much each sum grew. */
async function measure(server, work) {
  let before;
  const readAll = async () => {
    const metrics = await server.metrics();
    return Object.fromEntries(Object.entries(SUMS).map(([key, name]) => [key, metrics.get(name) ?? 0]));
  };
  const result = await work(async () => {
    before = await readAll();
  });
  const after = await readAll();
  return { result, grown: Object.fromEntries(Object.keys(SUMS).map((key) => [key, after[key] - before[key]])) };
}

async function run(server, { name, params }, wishes) {
  const jobId = randomUUID();
  const watchers = (wishes.length === 0 ? [undefined] : wishes).map((preview) => ({ preview, reads: true }));
  const { result, grown } = await measure(server, (onWatching) =>
    watchJobs({ server, jobs: [{ jobId, params }], watchers, processes: 1, onWatching }),
  );
  const [{ timings }] = result[0].seen[0].endings;
  const jobSeconds = timings.totalMs / 1000;
  const rates = RATES.map((rate) => {
    const seen = result[0].seen.filter((_, i) => wishes[i]?.maxPerSecond === rate);
    const perSecond = seen.map(({ previews }) => previews.get(jobId).length / jobSeconds);
    return [`seen of ${rate}/s`, perSecond.length === 0 ? '' : toRange(perSecond)];
  });
  return {
    ...{ job: name, wishes: wishes.length, 'ms a step': Math.round((1000 * grown.step) / grown.steps) },
    ...{ decoded: grown.decodes, encoded: grown.encodes },
    'decode %': toPercent(grown.decode / jobSeconds),
    'encode %': toPercent(grown.encode / jobSeconds),
    'both %': toPercent((grown.decode + grown.encode) / jobSeconds),
    ...Object.fromEntries(rates),
  };
}

const toPercent = (share) => Math.round(share * 1000) / 10;
function toRange(values) {
  const [min, max] = [Math.min(...values).toFixed(1), Math.max(...values).toFixed(1)];
  return min === max ? min : `${min}–${max}`;
}

const server = await startServe();
try {
  const rows = [];
  for (const job of JOBS) for (const count of [0, 1, 50]) rows.push(await run(server, job, toWishes(count)));
  console.table(rows);
} finally {
  await server.stop();
}
