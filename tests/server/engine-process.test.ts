import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { resolveParams } from '../../src/engine/request.js';
import type { EngineEvent } from '../../src/server/engine-messages.js';
import { createEngineProcess, type Engine } from '../../src/server/engine-process.js';
import type { SilenceLimits } from '../../src/server/silence.js';
import { createTestLog, MODEL, makeDataDir, toParams } from '../support/server-rig.js';

const entry = fileURLToPath(new URL('../support/server-fake-child.mjs', import.meta.url));

function startEngine(silence?: SilenceLimits, oomKills?: () => number) {
  const lines: string[] = [];
  const log = createTestLog(lines);
  const engine = createEngineProcess({ modelDir: 'good', device: 'cpu', entry, log, silence, oomKills });
  onTestFinished(() => engine.close());
  const pids = () => lines.flatMap((line) => /started (\d+)/.exec(line)?.[1] ?? []).map(Number);
  return { engine, lines, pids };
}

async function runJob(
  engine: Engine,
  prompt: string,
  options: {
    modelDir?: string;
    signal?: AbortSignal;
    onEvent?: (event: EngineEvent) => void;
    previews?: () => number;
    previewEncodeMs?: () => number;
  } = {},
): Promise<EngineEvent[]> {
  const { modelDir = 'good', signal = new AbortController().signal, onEvent } = options;
  const { previews = () => 0, previewEncodeMs = () => 0 } = options;
  const runOptions = { signal, previews, previewEncodeMs };
  const params = resolveParams(toParams({ prompt, seed: 9 }), MODEL);
  const events: EngineEvent[] = [];
  for await (const event of engine.run({ jobId: randomUUID(), modelDir, params }, runOptions)) {
    events.push(event);
    onEvent?.(event);
  }
  return events;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the engine process', () => {
  it('tells of the loading while a job waits for it, and not when it is warm', async () => {
    const { engine } = startEngine();
    const cold = await runJob(engine, 'a lake');
    expect(cold[0]).toMatchObject({ type: 'stage', name: 'load' });
    expect(cold.at(-1)).toMatchObject({ type: 'image', seed: 9, bytes: expect.any(Uint8Array) });
    const warm = await runJob(engine, 'a lake');
    expect(warm.map(({ type }) => type)).toEqual(['stage', 'image']);
    expect(warm[0]).toMatchObject({ name: 'encode' });
  });

  it('that is killed in a job costs that job; the next one works in a new process', async () => {
    const { engine, pids } = startEngine();
    await expect(runJob(engine, 'crash')).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/ended by SIGKILL.*during the job; submit it again/),
    });
    expect((await runJob(engine, 'a lake')).at(-1)).toMatchObject({ type: 'image' });
    expect(pids().length).toBe(2);
  });

  it('that the system killed for want of memory says that, and is not tried again', async () => {
    let kills = 3;
    const { engine, pids } = startEngine(undefined, () => kills++);
    const failed = runJob(engine, 'crash');
    await expect(failed).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: /try a smaller picture/ });
    expect((await runJob(engine, 'a lake')).at(-1)).toMatchObject({ type: 'image' });
    expect(pids().length).toBe(2);
  });

  it('that is killed between jobs is replaced', async () => {
    const { engine, pids } = startEngine();
    await runJob(engine, 'a lake');
    const [pid] = pids();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
    await vi.waitFor(async () => expect((await runJob(engine, 'a lake')).at(-1)).toMatchObject({ type: 'image' }));
  });

  it('that crashes in a job tries it once more, and tells no picture twice', async () => {
    const { engine, pids, lines } = startEngine();
    const mark = join(await makeDataDir(), 'mark');
    const events = await runJob(engine, `abort once ${mark}`);
    expect(events.flatMap((event) => (event.type === 'image' ? event.image : []))).toEqual([0, 1]);
    expect(lines.join()).toContain('is tried once more');
    expect(pids().length).toBe(2);
  });

  it('that crashes again fails the job, and the next one works', async () => {
    const { engine, pids } = startEngine();
    const failed = runJob(engine, 'abort');
    await expect(failed).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /ended by SIGABRT/ });
    await runJob(engine, 'a lake');
    expect(pids().length).toBe(3);
  });

  it('that hangs is ended, and the job tried once more', async () => {
    const { engine, pids, lines } = startEngine({ firstMs: 500, minMs: 500, factor: 1 });
    await expect(runJob(engine, 'silent')).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /hung/ });
    expect(lines.filter((line) => line.includes('said nothing')).length).toBe(2);
    await runJob(engine, 'a lake');
    expect(pids().length).toBe(3);
  });

  it('keeps the code when memory ran out, and is replaced: its memory comes back with its end', async () => {
    const { engine, pids } = startEngine();
    await expect(runJob(engine, 'refuse')).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await runJob(engine, 'a lake');
    expect(pids().length).toBe(2);
    expect(isAlive(pids()[0])).toBe(false);
  });

  it('says why a model cannot be loaded, each time it is asked, and goes on with others', async () => {
    const { engine, pids } = startEngine();
    for (let i = 0; i < 2; i++) {
      const modelDir = 'damaged';
      await expect(runJob(engine, 'a lake', { modelDir })).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        message: /damaged/,
      });
    }
    await runJob(engine, 'a lake');
    expect(pids().length).toBe(1);
  });
});

describe('cancel', () => {
  it('throws its reason when the engine has stopped, and the next job works', async () => {
    const { engine, pids } = startEngine();
    const controller = new AbortController();
    const reason = new Error('not wanted any more');
    const onEvent = (event: EngineEvent) => {
      if (event.type === 'stage' && event.name === 'encode') controller.abort(reason);
    };
    await expect(runJob(engine, 'hang', { signal: controller.signal, onEvent })).rejects.toBe(reason);
    await runJob(engine, 'a lake');
    expect(pids().length).toBe(1);
  });

  it('is what a reader says who leaves in the middle, as when a picture cannot be written', async () => {
    const { engine, lines } = startEngine();
    const jobId = randomUUID();
    const params = resolveParams(toParams({ prompt: 'hang', seed: 9 }), MODEL);
    const options = { signal: new AbortController().signal, previews: () => 0, previewEncodeMs: () => 0 };
    for await (const event of engine.run({ jobId, modelDir: 'good', params }, options))
      if (event.type === 'stage' && event.name === 'encode') break;
    await vi.waitFor(() => expect(lines.join()).toContain(`cancel ${jobId}`));
    await runJob(engine, 'a lake');
    expect(lines.filter((line) => line.includes('cancel '))).toHaveLength(1);
  });

  it('does not wait for the model to load', async () => {
    const { engine } = startEngine();
    const controller = new AbortController();
    const reason = new Error('too early');
    await expect(
      runJob(engine, 'a lake', {
        modelDir: 'endless',
        signal: controller.signal,
        onEvent: () => controller.abort(reason),
      }),
    ).rejects.toBe(reason);
  });
});

it('hears when the wish for previews changes, and what they cost outside of it', async () => {
  const { engine, lines } = startEngine();
  let [rate, encodeMs] = [4, 6];
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'stage' && event.name === 'encode') rate = 2;
    if (event.type === 'image') encodeMs = 7;
  };
  await runJob(engine, 'a lake', { previews: () => rate, previewEncodeMs: () => encodeMs, onEvent });
  const told = () => lines.flatMap((line) => /previews \S+ \S+/.exec(line)?.[0] ?? []);
  await vi.waitFor(() => expect(told()).toEqual(['previews 4 6', 'previews 2 6', 'previews 2 7']));
});

it('is gone after close, also in the middle of a job', async () => {
  const { engine, pids } = startEngine();
  const ended = expect(runJob(engine, 'hang')).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  await vi.waitFor(() => expect(pids().length).toBe(1));
  await engine.close();
  await ended;
  expect(isAlive(pids()[0])).toBe(false);
  await expect(runJob(engine, 'a lake')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});
