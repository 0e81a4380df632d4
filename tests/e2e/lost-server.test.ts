/** A server that ends in the middle of a job, gently or not: the next one makes the picture, and the client that waits gets it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, type ClientEvent, type ConnectOptions, connect } from '../../src/client/client.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { enginePid, type ServeProcess, startServe } from '../support/run-safelight.js';

/** Long enough to be in the middle of. */
const params: GenerationRequest = { prompt: 'a lake at night', seed: 42, steps: 30, width: 256, height: 256 };

let dataDir: string;
let server: ServeProcess;
let client: Client;
type LinkNews = Parameters<NonNullable<ConnectOptions['onLink']>>[0];
let links: LinkNews[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  server = await startServe(['--data-dir', dataDir]);
  links = [];
  client = await connect({ ...server, onLink: (link) => links.push(link) });
});
afterEach(async () => {
  await client.close();
  await server.stop();
  await rm(dataDir, { recursive: true });
});

const restart = async () => {
  server = await startServe(['--data-dir', dataDir, '--port', new URL(server.url).port]);
};

interface Made {
  picture: Buffer;
  events: ClientEvent[];
}

/** @param onStep runs once, in the middle of the picture */
async function makePicture(jobId: string, onStep?: () => Promise<void>): Promise<Made> {
  const made: Made = { picture: Buffer.alloc(0), events: [] };
  let act = onStep;
  for await (const event of client.generate(params, { jobId })) {
    made.events.push(event);
    if (event.type === 'progress' && event.step >= 3) {
      await act?.();
      act = undefined;
    }
    if (event.type === 'image') made.picture = Buffer.from(await client.download(event));
  }
  return made;
}

async function whole(): Promise<Buffer> {
  return (await makePicture(randomUUID())).picture;
}

const typesOf = ({ events }: Made) => events.map(({ type }) => type);

test('kill -9: the job runs again with the same seed, and no picture is half written', async () => {
  const made = await makePicture(randomUUID(), async () => {
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    await restart();
  });
  expect(typesOf(made).filter((type) => type === 'image')).toHaveLength(1);
  expect(typesOf(made).filter((type) => type === 'started')).toHaveLength(2);
  expect(made.events.at(-1)).toMatchObject({ type: 'completed', seeds: [42] });
  expect(links.map(({ state }) => state)).toContain('down');
  expect(made.picture.equals(await whole())).toBe(true);
  const files = (await readdir(dataDir, { recursive: true })).filter((name) => name.endsWith('.part'));
  expect(files).toEqual([]);
});

test('kill -9 after the picture was told: it is kept, and not made again', async () => {
  const jobId = randomUUID();
  const first = await makePicture(jobId);
  process.kill(server.pid, 'SIGKILL');
  await server.ended;
  await restart();
  const again = await makePicture(jobId);
  expect(again.picture.equals(first.picture)).toBe(true);
  expect(typesOf(again)).not.toContain('progress');
});

test('SIGTERM: the server says bye and ends with 0 within a step; the next one makes the job', async () => {
  const made = await makePicture(randomUUID(), async () => {
    expect(await server.stop()).toBe(0);
    await restart();
  });
  expect(typesOf(made).at(-1)).toBe('completed');
  expect(made.picture.equals(await whole())).toBe(true);
});

test('a second SIGTERM does not wait for a stuck engine, and the job is not lost either', async () => {
  const engine = enginePid(server);
  const made = await makePicture(randomUUID(), async () => {
    process.kill(engine, 'SIGSTOP');
    process.kill(server.pid, 'SIGTERM');
    await expect.poll(() => links.at(-1)?.state).toBe('down');
    process.kill(server.pid, 'SIGTERM');
    expect(await server.ended).toBe(143);
    process.kill(engine, 'SIGKILL');
    await restart();
  });
  expect(typesOf(made).at(-1)).toBe('completed');
});
