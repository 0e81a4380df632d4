/** Has processes of watchers watch jobs from the first event to the end, and gathers what they saw. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';

const PROCESS = join(import.meta.dirname, 'watcher-process.mjs');
/** Holds the device until everybody watches. */
const FIRST = { prompt: 'wait', steps: 100, width: 1024, height: 1024, count: 16 };

/**
 * Submits the jobs and starts them when all watch all of them.
 * @param watchers `{ preview?, reads }` each
 * @param onWatching all are connected, and nothing runs yet
 * @returns `{ seen, progress, lagMs }` of each process
 */
export async function watchJobs({ server, jobs, watchers, processes, onWatching = () => {} }) {
  const firstId = randomUUID();
  await server.submit(firstId, FIRST);
  for (const { jobId, params } of jobs) await server.submit(jobId, params);
  const jobIds = jobs.map(({ jobId }) => jobId);
  const each = Math.ceil(watchers.length / processes);
  const children = Array.from({ length: processes }, (_, i) => {
    const child = fork(PROCESS, { serialization: 'advanced' });
    child.send({ url: server.url, token: server.token, jobIds, watchers: watchers.slice(i * each, (i + 1) * each) });
    return child;
  });
  await Promise.all(children.map((child) => hear(child, 'watching')));
  const reports = Promise.all(children.map((child) => hear(child, 'done')));
  await onWatching();
  await server.cancel(firstId);
  return reports;
}

async function hear(child, type) {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of watchers ended with ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  if (message.type !== type) throw new Error(`${message.type} came instead of ${type}`);
  return message;
}
