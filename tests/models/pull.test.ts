/** Pulls from a stand-in hub: real HTTP, real files; what is taken, checked, gone on with and refused. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Disk, realDisk } from '../../src/models/disk.js';
import { type PullEvent, type PullOptions, pullModel } from '../../src/models/pull.js';
import { createModelStore, type ModelStore } from '../../src/models/store.js';
import { GOLDENS } from '../support/goldens.js';
import { MODEL_ID, readFolder, type StandInHub, startStandInHub } from '../support/stand-in-hub.js';

const UNET = 'unet/model.onnx';
const CONFIG = 'unet/config.json';
const TOKEN = 'secret-token';
let golden: Map<string, Buffer>;
let hub: StandInHub;
let store: ModelStore;

beforeAll(() => {
  golden = readFolder(join(GOLDENS, 'tiny-sd'));
});
beforeEach(async () => {
  hub = await startStandInHub(new Map(golden));
  store = createModelStore(await mkdtemp(join(tmpdir(), 'safelight-models-')));
});
afterEach(async () => {
  await hub.close();
  await rm(store.dir, { recursive: true, force: true });
});

function pulling(extra: Partial<PullOptions> = {}) {
  return pullModel(MODEL_ID, { store, retryDelaysMs: [1], hub: { url: hub.url, token: TOKEN }, ...extra });
}

async function pull(extra: Partial<PullOptions> = {}): Promise<PullEvent[]> {
  return collect(pulling(extra));
}

async function collect(events: AsyncIterable<PullEvent>): Promise<PullEvent[]> {
  const all: PullEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const pulledFiles = () => [...readFolder(store.pathOf(MODEL_ID)).keys()];
const parts = () => pulledFiles().filter((path) => path.endsWith('.part'));
const wanted = () => [...golden.keys()].filter((path) => !/\.png$|cases\.json/.test(path)).sort();
const sentFor = (path: string) => hub.downloads.filter((download) => download.path === path);
const bytesSentFor = (path: string) => sentFor(path).reduce((sum, { sentBytes }) => sum + sentBytes, 0);

describe('a whole model', () => {
  test('arrives byte for byte, is complete, pinned and usable', async () => {
    const events = await pull();
    expect(events[0]).toMatchObject({ type: 'start', commit: hub.commit, licence: 'mit', files: wanted().length });
    expect(events.at(-1)).toMatchObject({ type: 'done', dir: store.pathOf(MODEL_ID), folder: { family: 'sd' } });
    expect(pulledFiles().sort()).toEqual([...wanted(), 'safelight-manifest.json'].sort());
    for (const path of wanted()) {
      expect(readFileSync(join(store.pathOf(MODEL_ID), path)).equals(golden.get(path) ?? Buffer.alloc(0))).toBe(true);
    }
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: true, commit: hub.commit, revision: 'main' });
  });

  test('progress never goes back and ends with every byte', async () => {
    const progress = (await pull()).filter((event) => event.type === 'progress');
    const done = progress.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    const total = wanted().reduce((sum, path) => sum + (golden.get(path)?.length ?? 0), 0);
    expect(progress.at(-1)).toMatchObject({ doneBytes: total, totalBytes: total });
  });

  test('only what the engine reads is asked for', async () => {
    const other = ['README.md', 'unet/model.safetensors', 'unet/model_fp16.onnx', 'unet/model_fp16.onnx_data'];
    const more = ['vae/config.json', 'unet/deep/x.json', 'flax_model.msgpack', 'safety_checker/model.onnx'];
    for (const path of [...other, ...more]) hub.files.set(path, Buffer.from('x'));
    const external = [
      'unet/weights.pb',
      'unet/model.onnx_data',
      'preview_decoder/model.onnx',
      'tokenizer_2/vocab.json',
    ];
    for (const path of external) hub.files.set(path, Buffer.from(path));
    await pull();
    expect(hub.downloads.map(({ path }) => path).sort()).toEqual([...wanted(), ...external].sort());
  });

  test('the token goes to the hub, never to the host that large files are sent from', async () => {
    await pull();
    expect(sentFor(UNET)).toMatchObject([{ host: 'cdn', token: false }]);
    expect(sentFor(CONFIG)).toMatchObject([{ host: 'hub', token: true }]);
  });

  test('again: every file is checked and none is downloaded; a damaged one is mended', async () => {
    await pull();
    hub.downloads.length = 0;
    await pull();
    expect(hub.downloads).toEqual([]);
    await writeFile(join(store.pathOf(MODEL_ID), UNET), Buffer.alloc(golden.get(UNET)?.length ?? 0));
    await pull();
    expect(hub.downloads.map(({ path }) => path)).toEqual([UNET]);
  });

  test('a new commit replaces what changed and removes what is gone; what a user put there stays', async () => {
    hub.files.set('unet/weights.pb', Buffer.from('old'));
    await pull();
    await writeFile(join(store.pathOf(MODEL_ID), 'safelight.json'), '{"guidanceScale":3}');
    hub.files.delete('unet/weights.pb');
    hub.files.set(CONFIG, Buffer.concat([golden.get(CONFIG) ?? Buffer.alloc(0), Buffer.from('\n')]));
    hub.commit = 'd'.repeat(40);
    hub.downloads.length = 0;
    await pull();
    expect(hub.downloads.map(({ path }) => path)).toEqual([CONFIG]);
    expect(pulledFiles()).not.toContain('unet/weights.pb');
    expect(pulledFiles()).toContain('safelight.json');
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: true, commit: hub.commit });
  });
});

test('every file is flushed before it gets its name: a size alone says that a model is complete', async () => {
  const flushed = new Map<string, boolean>();
  const disk: Disk = {
    ...realDisk,
    async append(part) {
      const file = await realDisk.append(part);
      const path = part.replace(/\.[0-9a-f]+\.part$/, '');
      const sync = async () => {
        flushed.set(relative(store.pathOf(MODEL_ID), path), existsSync(path));
        await file.sync();
      };
      return {
        appendFile: (bytes) => file.appendFile(bytes),
        truncate: (length) => file.truncate(length),
        close: () => file.close(),
        sync,
      };
    },
  };
  hub.faults.set(UNET, [{ kind: 'cut', afterBytes: 1000 }]);
  await pull({ disk });
  expect([...flushed].sort()).toEqual(wanted().map((path) => [path, false]));
});

describe('cuts', () => {
  const size = () => golden.get(UNET)?.length ?? 0;

  const partBytes = () => statSync(join(store.pathOf(MODEL_ID), parts()[0])).size;

  test('the same pull goes on from the byte that reached the disk', async () => {
    hub.faults.set(UNET, [
      { kind: 'cut', afterBytes: 400_000 },
      { kind: 'cut', afterBytes: 400_000 },
    ]);
    const had: number[] = [];
    for await (const event of pulling()) if (event.type === 'retry') had.push(partBytes());
    expect(had).toHaveLength(2);
    expect(had[1]).toBeGreaterThan(had[0]);
    expect(sentFor(UNET).map(({ range }) => range)).toEqual([undefined, ...had.map((bytes) => `bytes=${bytes}-`)]);
  });

  test('so does the next pull: what is on the disk is not sent again', async () => {
    hub.faults.set(UNET, [{ kind: 'cut', afterBytes: 500_000 }]);
    await expect(pull({ retryDelaysMs: [] })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    const had = partBytes();
    expect(had).toBeGreaterThan(0);
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: false });
    await expect(store.find(MODEL_ID)).rejects.toMatchObject({ message: expect.stringContaining('partly') });
    hub.faults.clear();
    const before = hub.downloads.length;
    const done = (await pull()).filter((event) => event.type === 'progress').map(({ doneBytes }) => doneBytes);
    expect(sentFor(UNET).at(-1)).toMatchObject({ range: `bytes=${had}-`, sentBytes: size() - had });
    expect(done[0]).toBeGreaterThanOrEqual(had);
    const again = hub.downloads.slice(before).map(({ path }) => path);
    const first = hub.downloads.slice(0, before).map(({ path }) => path);
    expect(again.filter((path) => first.includes(path))).toEqual([UNET]);
    expect(parts()).toEqual([]);
  });

  test('a hub in trouble is asked again, a few times', async () => {
    hub.faults.set(UNET, [
      { kind: 'status', status: 503 },
      { kind: 'status', status: 429 },
    ]);
    await expect(pull()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(sentFor(UNET)).toHaveLength(2);
  });

  test('a hub that is asked too often gives it the next time', async () => {
    hub.faults.set(UNET, [{ kind: 'status', status: 429 }]);
    const events = await pull();
    expect(events).toContainEqual(expect.objectContaining({ type: 'retry', message: expect.stringMatching(/429/) }));
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: true });
  });

  test('a host without ranges sends it all again', async () => {
    hub.faults.set(UNET, [{ kind: 'cut', afterBytes: 1000 }, { kind: 'no-range' }]);
    await pull();
    expect(bytesSentFor(UNET)).toBe(1000 + size());
  });

  test('silence ends a connection; the next one goes on', async () => {
    hub.faults.set(UNET, [{ kind: 'stall', afterBytes: 1000 }]);
    // Long enough for the answers of a busy machine, which it limits, too; the stalled one never continues.
    const events = await pull({ hub: { url: hub.url, timeoutMs: 2000 } });
    expect(events).toContainEqual(expect.objectContaining({ type: 'retry', message: expect.stringMatching(/silent/) }));
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: true });
  });

  test('an abort ends the pull with its reason, and keeps what came', async () => {
    hub.faults.set(UNET, [{ kind: 'stall', afterBytes: 400_000 }]);
    const abort = new AbortController();
    const reason = new Error('enough');
    const aborted = (async () => {
      for await (const event of pulling({ signal: abort.signal })) {
        if (event.type === 'progress' && event.path === UNET && sentFor(UNET).length > 0) abort.abort(reason);
      }
    })();
    await expect(aborted).rejects.toBe(reason);
    expect(parts()).toHaveLength(1);
    await pull();
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: true });
  });
});

describe('refusals', () => {
  test('wrong bytes once: asked for again', async () => {
    hub.faults.set(UNET, [{ kind: 'wrong-bytes' }]);
    await pull();
    expect(sentFor(UNET)).toHaveLength(2);
  });

  test.each([UNET, CONFIG])('wrong bytes twice, %s: refused, and the bad file is gone', async (path) => {
    hub.faults.set(path, [{ kind: 'wrong-bytes' }, { kind: 'wrong-bytes' }]);
    await expect(pull()).rejects.toMatchObject({ code: 'BAD_ANSWER', message: expect.stringContaining(path) });
    expect(pulledFiles().filter((name) => name.startsWith(path))).toEqual([]);
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: false });
  });

  test.each([
    [401, 'UNAUTHORIZED', /accept the model's licence .*HF_TOKEN/],
    [403, 'UNAUTHORIZED', /accept the model's licence .*HF_TOKEN/],
    [404, 'MODEL_NOT_FOUND', /someone\/tiny-sd/],
  ])('%i is %s at once, and names no token', async (status, code, words) => {
    hub.status = status;
    const error = await pull().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(String(error)).not.toContain(TOKEN);
    expect(readdirSync(store.dir)).toEqual([]);
  });

  test('a revision that is not there; one that is may be named by its commit', async () => {
    const words = expect.stringContaining('no such revision');
    await expect(pull({ revision: 'v9' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', message: words });
    await pull({ revision: hub.commit });
    expect(await store.get(MODEL_ID)).toMatchObject({ revision: hub.commit });
  });

  test('403 for a file only, as a gated model answers', async () => {
    hub.faults.set(UNET, [{ kind: 'status', status: 403 }]);
    await expect(pull()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('nobody answers', async () => {
    const nowhere = pull({ hub: { url: 'http://127.0.0.1:1' }, retryDelaysMs: [] });
    await expect(nowhere).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  test('a repository without ONNX graphs, before a byte is downloaded', async () => {
    hub.files.delete(UNET);
    await expect(pull()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(UNET) });
    expect(hub.downloads).toEqual([]);
  });

  test.each(['unet/../../../evil.json', '/etc/evil.json', 'unet\\..\\evil.json'])(
    'a path that leads out: %s',
    async (path) => {
      hub.files.set(path, Buffer.from('x'));
      await expect(pull()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
      expect(hub.downloads).toEqual([]);
    },
  );

  test.each(['tiny-sd', '../x/y', 'a/../b', 'a--b/c', ''])('an id that is none: %j', async (id) => {
    const refused = collect(pullModel(id, { store, hub: { url: hub.url } }));
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
  });

  test('all is here, but the engine cannot use it', async () => {
    hub.files.set('model_index.json', Buffer.from('{"_class_name":"FluxPipeline"}'));
    await expect(pull()).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/all files are here.*FluxPipeline/),
    });
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: true });
  });
});

describe('a full disk', () => {
  test('too little room: refused with the numbers, before a byte is downloaded', async () => {
    const disk: Disk = { ...realDisk, freeBytes: async () => 1_000_000 };
    await expect(pull({ disk })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/2\.0 MB are needed and 1\.0 MB are free/),
    });
    expect(hub.downloads).toEqual([]);
  });

  test('what is here already needs no room', async () => {
    await pull();
    await expect(pull({ disk: { ...realDisk, freeBytes: async () => 0 } })).resolves.toBeDefined();
  });

  test('full in the middle: said so, and the next pull goes on', async () => {
    let room = 400_000;
    const disk: Disk = {
      ...realDisk,
      async append(path) {
        const file = await realDisk.append(path);
        const appendFile = async (bytes: Uint8Array) => {
          room -= bytes.length;
          if (room < 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
          await file.appendFile(bytes);
        };
        return { appendFile, truncate: (n) => file.truncate(n), sync: () => file.sync(), close: () => file.close() };
      },
    };
    await expect(pull({ disk })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/is full; what was downloaded is kept/),
    });
    expect(parts()).toHaveLength(1);
    await pull();
    expect(await store.get(MODEL_ID)).toMatchObject({ complete: true });
  });

  test('a store that cannot be written to', async () => {
    await writeFile(join(store.dir, 'file'), '');
    const blocked = createModelStore(join(store.dir, 'file', 'models'));
    await expect(pull({ store: blocked })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('cannot write'),
    });
  });
});
