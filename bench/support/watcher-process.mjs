/**
 * Many raw WebSocket watchers in one process. The parent sends one order; this process answers `watching` when all of them
 * watch, and `done` with what they saw when the last job has ended for all that read.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { decodePreview, encodeClientMessage } from '../../dist/protocol/codec.js';
import { isEnding } from '../../dist/protocol/messages.js';

/** One clock for all processes of the machine. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** @param order of the parent: `{ url, token, jobIds, watchers: [{ preview?, reads }] }` */
async function run({ url, token, jobIds, watchers }) {
  const perJob = () => new Map(jobIds.map((jobId) => [jobId, []]));
  const seen = watchers.map(() => ({ endings: [], gaps: 0, previews: perJob() }));
  const progress = perJob();
  const link = { url, token, jobIds, progress };
  const readers = watchers.map((watcher, i) => startWatcher(watcher, seen[i], link));
  await Promise.all(readers.map(({ watching }) => watching));
  process.send({ type: 'watching' });
  const lag = monitorEventLoopDelay({ resolution: 1 });
  lag.enable();
  await Promise.all(readers.map(({ done }) => done));
  lag.disable();
  const lagMs = { p99: lag.percentile(99) / 1e6, max: lag.max / 1e6 };
  await new Promise((sent) => process.send({ type: 'done', seen, progress, lagMs }, sent));
  for (const { ws } of readers) ws.terminate();
  process.disconnect();
}

function startWatcher({ preview, reads }, seen, { url, token, jobIds, progress }) {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'safelight.v1', {
    headers: { authorization: `Bearer ${token}` },
  });
  const say = (message) => ws.send(encodeClientMessage(message));
  const [watching, done] = [Promise.withResolvers(), Promise.withResolvers()];
  const lastSeq = new Map(jobIds.map((jobId) => [jobId, 0]));
  ws.on('open', () => {
    say({ type: 'hello', protocol: 1, clientId: 'bench', preview });
    for (const jobId of jobIds) say({ type: 'watch', jobId });
    if (reads) return;
    ws.pause();
    watching.resolve();
    done.resolve();
  });
  ws.on('message', (data, isBinary) => {
    const receivedMs = nowMs();
    if (isBinary) {
      const { header } = decodePreview(data);
      seen.previews.get(header.jobId).push(receivedMs);
      say({ type: 'previewAck', jobId: header.jobId, seq: header.seq });
      return;
    }
    const event = JSON.parse(data);
    if (event.seq === undefined) return;
    if (event.seq !== lastSeq.get(event.jobId) + 1) seen.gaps += 1;
    lastSeq.set(event.jobId, event.seq);
    if (event.type === 'progress') progress.get(event.jobId).push([event.elapsedMs, receivedMs]);
    if (isEnding(event)) seen.endings.push(event);
    if ([...lastSeq.values()].every((seq) => seq > 0)) watching.resolve();
    if (seen.endings.length === jobIds.length) done.resolve();
  });
  ws.on('close', (code) => done.reject(new Error(`the server closed a watcher with ${code}`)));
  ws.on('error', done.reject);
  done.promise.catch(() => {});
  return { ws, watching: watching.promise, done: done.promise };
}

process.once('message', run);
