import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { encodePreview } from '../../src/protocol/codec.js';
import { createApp } from '../../src/server/app.js';
import { createAuthorize } from '../../src/server/auth.js';
import { openConnection } from '../../src/server/connection.js';
import { createPreviewCache } from '../../src/server/preview-cache.js';
import { createTokenBucket } from '../../src/server/token-bucket.js';
import { createLinkedPair } from '../support/server-linked-pair.js';
import { createServerRig } from '../support/server-rig.js';

it('tell what happened to a job, its watcher and a stranger', async () => {
  const rig = await createServerRig({ steps: 4 });
  const app = createApp({ ...rig, authorize: createAuthorize({ token: 'secret', failures: createTokenBucket(9, 9) }) });
  const ask = (path: string) => app.request(path, { headers: { authorization: 'Bearer secret' } });
  const { socket, client } = createLinkedPair();
  const encode = async () => ({ width: 1, height: 1, bytes: new Uint8Array(30) });
  openConnection(socket, { ...rig, previewCache: createPreviewCache(encode, rig.metrics) });
  const preview = { maxWidth: 64, maxHeight: 64, format: 'rgb', maxPerSecond: 60 } as const;
  client.send({ type: 'hello', protocol: 1, clientId: 'test', preview });
  const jobId = randomUUID();
  client.send({ type: 'submit', jobId, params: { prompt: 'x', steps: 4 } });
  await vi.waitFor(() => expect(client.messages.at(-1)?.type).toBe('completed'));
  await vi.waitFor(() => expect(rig.queue.length).toBe(0)); // its watchers hear of the end a moment before
  const { length } = Buffer.from(await (await ask(`/jobs/${jobId}/images/0`)).arrayBuffer());
  await app.request('/jobs');
  client.send({ type: 'watch', jobId: randomUUID() });

  const answer = await ask('/metrics');
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const values = new Map((await answer.text()).split('\n').map((line) => line.split(/ (?=\S+$)/) as [string, string]));
  const metricOf = (name: string) => Number(values.get(name));
  expect(metricOf('safelight_queue_length')).toBe(0);
  expect(metricOf('safelight_step_seconds_count')).toBe(3);
  expect(metricOf('safelight_job_seconds_count{ending="completed"}')).toBe(1);
  expect(metricOf('safelight_preview_seconds_count{part="decode"}')).toBe(4);
  expect(metricOf('safelight_preview_seconds_count{part="encode"}')).toBe(client.previews.length);
  const frames = client.previews.map(({ header, payload }) => encodePreview(header, payload));
  expect(metricOf('safelight_sent_bytes_total{kind="preview"}')).toBe(Buffer.concat(frames).length);
  expect(metricOf('safelight_sent_bytes_total{kind="picture"}')).toBe(length);
  expect(metricOf('safelight_sent_bytes_total{kind="event"}')).toBeGreaterThan(100);
  expect(metricOf('safelight_refused_total{reason="UNAUTHORIZED"}')).toBe(1);
  expect(metricOf('safelight_refused_total{reason="NOT_FOUND"}')).toBe(1);
  expect(metricOf('process_resident_memory_bytes')).toBeGreaterThan(1e6);
});

it('need the token', async () => {
  const rig = await createServerRig();
  const app = createApp({ ...rig, authorize: createAuthorize({ token: 'secret', failures: createTokenBucket(9, 9) }) });
  expect((await app.request('/metrics')).status).toBe(401);
});
