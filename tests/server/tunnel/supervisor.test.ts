import { expect, it, onTestFinished, vi } from 'vitest';
import { DEFAULT_TIMING, type TunnelTiming } from '../../../src/server/tunnel/restart-plan.js';
import { superviseTunnel } from '../../../src/server/tunnel/supervisor.js';
import type { TunnelEnd } from '../../../src/server/tunnel/tunnel-messages.js';

/** A process of a tunnel that does what a test says. */
function createLife(onUp: (url: string) => void) {
  const { promise: ended, resolve: end } = Promise.withResolvers<TunnelEnd>();
  const life = {
    ended,
    end,
    onUp,
    stopped: false,
    async stop() {
      life.stopped = true;
      end({ text: 'stopped' });
      await ended;
    },
  };
  return life;
}

function supervise(timing: Partial<TunnelTiming> = {}) {
  const lives: ReturnType<typeof createLife>[] = [];
  const heard: unknown[][] = [];
  const launch = (onUp: (url: string) => void) => {
    const life = createLife(onUp);
    lives.push(life);
    return life;
  };
  const handlers = {
    onUp: (url: string) => heard.push(['up', url]),
    onDown: (reason: string, retryMs: number) => heard.push(['down', reason, retryMs]),
    onFatal: (code: string, help: string) => heard.push(['fatal', code, help]),
  };
  const tunnel = superviseTunnel({ launch, handlers, timing: { ...DEFAULT_TIMING, ...timing } });
  onTestFinished(() => tunnel.stop());
  return { tunnel, lives, heard };
}

it('tells the address when it is up, and starts another process when that one ends', async () => {
  const { tunnel, lives, heard } = supervise({ firstRetryMs: 1 });
  const started = tunnel.start();
  lives[0].onUp('https://one.test');
  expect(await started).toEqual({ url: 'https://one.test' });
  lives[0].end({ text: 'the line was cut' });
  await vi.waitFor(() => expect(lives.length).toBe(2));
  lives[1].onUp('https://one.test');
  expect(heard).toEqual([
    ['up', 'https://one.test'],
    ['down', 'the line was cut', expect.any(Number)],
    ['up', 'https://one.test'],
  ]);
});

it('goes on trying before it was ever up', async () => {
  const { tunnel, lives } = supervise({ firstRetryMs: 1 });
  const started = tunnel.start();
  lives[0].end({ code: 'NO_WAY_OUT', text: 'failed to establish tcp connection' });
  await vi.waitFor(() => expect(lives.length).toBe(2));
  lives[1].onUp('https://one.test');
  expect(await started).toEqual({ url: 'https://one.test' });
});

it('ends a process that does not come up in time, and tries another one', async () => {
  const { tunnel, lives, heard } = supervise({ startMs: 1, firstRetryMs: 1 });
  tunnel.start().catch(() => {});
  await vi.waitFor(() => expect(lives.length).toBeGreaterThan(1));
  expect(lives[0].stopped).toBe(true);
  expect(heard[0]).toEqual(['down', 'it did not come up within 0.001 s', expect.any(Number)]);
});

it('leaves one alone that came up in time', async () => {
  const { tunnel, lives } = supervise({ startMs: 5 });
  const started = tunnel.start();
  lives[0].onUp('https://one.test');
  await started;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(lives[0].stopped).toBe(false);
});

it('stops at a code that is for good, and says what to do and what was said', async () => {
  const { tunnel, lives, heard } = supervise({ firstRetryMs: 1 });
  const started = tunnel.start();
  lives[0].end({ code: 'ERR_NGROK_107', text: 'it is invalid' });
  await expect(started).rejects.toMatchObject({ code: 'TUNNEL_REFUSED', message: /your-authtoken/ });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(lives.length).toBe(1);
  expect(heard).toEqual([['fatal', 'ERR_NGROK_107', expect.stringMatching(/ERR_NGROK_107.*it said: it is invalid/)]]);
});

it('is stopped while it waits, and starts nothing more', async () => {
  const { tunnel, lives } = supervise({ firstRetryMs: 60_000 });
  const started = tunnel.start();
  lives[0].end({ text: 'the line was cut' });
  const refused = expect(started).rejects.toMatchObject({ code: 'CANCELLED' });
  await tunnel.stop();
  await tunnel.stop();
  await refused;
  expect(lives.length).toBe(1);
});

it('is stopped with its process', async () => {
  const { tunnel, lives, heard } = supervise();
  const started = tunnel.start();
  lives[0].onUp('https://one.test');
  await started;
  await tunnel.stop();
  expect(lives[0].stopped).toBe(true);
  expect(heard).toEqual([['up', 'https://one.test']]);
});
