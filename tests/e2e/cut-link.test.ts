/** A real server behind a line that is cut: whatever the phase, the picture is the same byte by byte, and each event comes once. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Client, type ClientEvent, connect } from '../../src/client/client.js';
import type { GenerationRequest } from '../../src/protocol/params.js';
import { type CutRule, type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { type ServeProcess, startServe } from '../support/run-safelight.js';

const params: GenerationRequest = { prompt: 'a lake at night', seed: 42, steps: 12, width: 256, height: 256 };
const preview = { maxWidth: 64, maxHeight: 64, format: 'rgb', maxPerSecond: 60 } as const;

let dataDir: string;
let server: ServeProcess;
let direct: Client;
let whole: Buffer;
let proxy: CuttingProxy | undefined;
let client: Client | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-data-'));
  server = await startServe(['--data-dir', dataDir]);
  direct = await connect(server);
  whole = (await makePicture(direct)).picture;
});
afterAll(async () => {
  await direct.close();
  await server.stop();
  await rm(dataDir, { recursive: true });
});
afterEach(async () => {
  await client?.close();
  await proxy?.close();
});

interface Made {
  picture: Buffer;
  events: Exclude<ClientEvent, { type: 'preview' }>[];
  previews: number;
}

async function makePicture(from: Client, request: GenerationRequest = params): Promise<Made> {
  const made: Made = { picture: Buffer.alloc(0), events: [], previews: 0 };
  for await (const event of from.generate(request, { jobId: randomUUID() })) {
    if (event.type === 'preview') {
      made.previews += 1;
      continue;
    }
    made.events.push(event);
    if (event.type === 'image') made.picture = Buffer.from(await from.download(event));
  }
  return made;
}

const HEADERS_END = Buffer.from('\r\n\r\n');
/** WebSocket frames of a server are not masked: their JSON can be found as it is. */
const after =
  (words: string, bytes = 0): CutRule =>
  (sent) => {
    const at = sent.indexOf(words);
    return at === -1 ? undefined : at + words.length + bytes;
  };
/** Behind the JSON of the first such event: its frame is through, the next one is not. */
const afterEvent =
  (type: string): CutRule =>
  (sent) => {
    const at = sent.indexOf(`"type":"${type}"`);
    const end = at === -1 ? -1 : sent.indexOf('}', at);
    return end === -1 ? undefined : end + 1;
  };

const PHASES: [string, CutRule][] = [
  [
    'before the hello is answered',
    (sent) => (sent.includes('101 Switching') ? sent.indexOf(HEADERS_END) + 4 : undefined),
  ],
  ['in the middle of the welcome', after('"type":"welcome"', 10)],
  ['when it was queued', afterEvent('queued')],
  ['between two steps', afterEvent('progress')],
  ['in the middle of a step’s event', after('"step":5', 3)],
  ['between the picture and the ending', after('/images/0"', 1)],
  [
    'in the middle of the download',
    (sent) => (sent.includes('image/png') ? sent.indexOf(HEADERS_END) + 2000 : undefined),
  ],
];

/** Of a job that is long enough: where steps are slow, previews get 3 % of its time. */
const PREVIEW_PHASES: [string, CutRule][] = [
  ['header', after('"type":"preview"', 5)],
  ['pixels', after('"format":"rgb"', 500)],
];
const LONG = { ...params, steps: 60 };

async function connectThrough(rules: CutRule[]): Promise<Client> {
  proxy = await startCuttingProxy(Number(new URL(server.url).port), rules);
  client = await connect({ url: proxy.url, token: server.token, preview });
  return client;
}

function expectWhole({ picture, events }: Made, wanted = whole): void {
  expect(picture.equals(wanted)).toBe(true);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.filter(({ type }) => type === 'image')).toHaveLength(1);
  expect(events.at(-1)?.type).toBe('completed');
}

describe('a link that is cut', () => {
  test.each(PHASES)('%s', async (_, rule) => {
    const made = await makePicture(await connectThrough([rule]));
    expect(proxy?.rules).toEqual([]);
    expectWhole(made);
  });

  test.each(PREVIEW_PHASES)('in the middle of a preview’s %s', async (_, rule) => {
    const made = await makePicture(await connectThrough([rule]), LONG);
    expect(proxy?.rules).toEqual([]);
    expectWhole(made, (await makePicture(direct, LONG)).picture);
  });

  test('while another job runs, waits in the queue as before', async () => {
    const stopping = new AbortController();
    expect.assertions(5);
    const long = { ...params, width: 1024, height: 1024, steps: 100 };
    for await (const event of direct.generate(long, { signal: stopping.signal })) {
      if (event.type !== 'started') continue;
      const waiting = makePicture(await connectThrough([afterEvent('queued')]));
      await expect.poll(() => proxy?.rules.length).toBe(0);
      stopping.abort();
      expectWhole(await waiting);
    }
  });

  test('again and again after a few hundred bytes, more each time', async () => {
    const rules = Array.from(
      { length: 12 },
      (_, i): CutRule =>
        () =>
          300 + i * 700,
    );
    expectWhole(await makePicture(await connectThrough(rules)));
  });
});
