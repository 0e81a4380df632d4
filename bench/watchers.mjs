/**
 * Load: hundreds of watchers on one server with the embedded model, one of which stops reading. Every watcher watches every
 * job, so that each event goes to all of them. `npm run build && npm exec -- node bench/watchers.mjs [--watchers 500] [--processes 2]`
 *
 * How late an event is: its `elapsedMs` is the engine's own clock when the step was done, and all processes of a machine share
 * the clock of the receipts. So receipt − elapsedMs is the delay plus a constant of the job; the fastest receipt of the job's
 * events stands for 0. What is left is what the engine's pipe, the server, the loopback and the watchers' process added.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startServe } from './support/serve.mjs';
import { watchJobs } from './support/watch.mjs';

const JOBS = [
  { name: 'default 512×512', params: { prompt: 'a lake', steps: 25, width: 512, height: 512 } },
  { name: 'quick 256×256', params: { prompt: 'a city', steps: 50, width: 256, height: 256 } },
  { name: 'two of 768×768', params: { prompt: 'a wood', steps: 20, width: 768, height: 768, count: 2 } },
  { name: 'slow 1024×1024', params: { prompt: 'a hill', steps: 40, width: 1024, height: 1024 } },
];
/** Half of the watchers want no previews; the others want these. */
const WISHES = [
  { maxWidth: 64, maxHeight: 64, format: 'rgb', maxPerSecond: 4 },
  { maxWidth: 256, maxHeight: 256, format: 'jpeg', maxPerSecond: 8 },
  { maxWidth: 128, maxHeight: 128, format: 'webp', maxPerSecond: 30 },
  { maxWidth: 1024, maxHeight: 1024, format: 'png', maxPerSecond: 1 },
];

const { values } = parseArgs({
  options: { watchers: { type: 'string', default: '500' }, processes: { type: 'string', default: '2' } },
});
const [watcherCount, processCount] = [Number(values.watchers), Number(values.processes)];
const jobs = JOBS.map(({ name, params }) => ({ name, params: { ...params, seed: 42 }, jobId: randomUUID() }));

/** The last one stops reading at once. */
function toWatchers() {
  return Array.from({ length: watcherCount }, (_, i) => ({
    preview: i % 2 === 0 ? undefined : WISHES[(i >> 1) % WISHES.length],
    reads: i < watcherCount - 1,
  }));
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function toDelays(reports, jobId) {
  const offsets = reports.flatMap(({ progress }) =>
    progress.get(jobId).map(([elapsed, received]) => received - elapsed),
  );
  const fastest = offsets.reduce((a, b) => Math.min(a, b));
  return offsets.map((offset) => offset - fastest).sort((a, b) => a - b);
}

const MiB = (bytes) => Math.round(bytes / 1024 ** 2);
const toMs = (value) => Math.round(value * 10) / 10;
const toRow = (delays) => ({
  'progress events': delays.length,
  ...{ 'p50 ms': toMs(quantile(delays, 0.5)), 'p99 ms': toMs(quantile(delays, 0.99)), 'max ms': toMs(delays.at(-1)) },
});

const server = await startServe();
try {
  const rssAlone = await server.rssBytes();
  let rssConnected;
  let cpuBefore;
  const reports = await watchJobs({
    ...{ server, jobs, watchers: toWatchers(), processes: processCount },
    async onWatching() {
      rssConnected = await server.rssBytes();
      cpuBefore = await server.cpuMs();
    },
  });
  const rssAfter = await server.rssBytes();
  const cpuMs = (await server.cpuMs()) - cpuBefore;
  const metrics = await server.metrics();

  const delays = jobs.map(({ name, jobId }) => [name, toDelays(reports, jobId)]);
  const all = delays.flatMap(([, each]) => each).sort((a, b) => a - b);
  console.table(Object.fromEntries([...delays, ['all', all]].map(([name, each]) => [name, toRow(each)])));
  const seen = reports.flatMap((report) => report.seen);
  const readers = seen.filter(({ endings }) => endings.length > 0).length;
  const endings = seen.reduce((sum, each) => sum + each.endings.length, 0);
  console.table({
    'watchers that read': readers,
    'endings received, of': `${endings}, ${(watcherCount - 1) * jobs.length}`,
    'gaps (events overtaken)': seen.reduce((sum, { gaps }) => sum + gaps, 0),
    'previews received': seen.flatMap(({ previews }) => [...previews.values()].flat()).length,
    'bytes of events': metrics.get('safelight_sent_bytes_total{kind="event"}'),
    'bytes of previews': metrics.get('safelight_sent_bytes_total{kind="preview"}') ?? 0,
    'server RSS alone, MiB': MiB(rssAlone.now),
    'with all connected': MiB(rssConnected.now),
    'at the end': MiB(rssAfter.now),
    'at its highest': MiB(rssAfter.peak),
    'by /metrics': MiB(metrics.get('process_resident_memory_bytes')),
    'server CPU during the jobs, ms': cpuMs,
    'lag of the measuring side, p99 ms': toMs(Math.max(...reports.map(({ lagMs }) => lagMs.p99))),
    'at its highest, ms': toMs(Math.max(...reports.map(({ lagMs }) => lagMs.max))),
  });
} finally {
  await server.stop();
}
