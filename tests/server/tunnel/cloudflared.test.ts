/** The real child of `--tunnel cloudflared`, on a cloudflared that only prints. */
import { readFile, symlink } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEFAULT_TIMING, type TunnelTiming } from '../../../src/server/tunnel/restart-plan.js';
import { createCloudflaredTunnel } from '../../../src/server/tunnel/tunnel.js';
import { makeDataDir } from '../../support/server-rig.js';

const ENTRY = resolve(import.meta.dirname, '../../../dist/server/tunnel/cloudflared-child.js');
const FAKE = resolve(import.meta.dirname, '../../support/fake-cloudflared.mjs');

/** @param mode of the fake; undefined = there is none on the PATH */
async function open(mode: string | undefined, timing: Partial<TunnelTiming> = {}) {
  const folder = await makeDataDir();
  const notes = join(folder, 'notes');
  if (mode !== undefined) await symlink(FAKE, join(folder, 'cloudflared'));
  const path = mode === undefined ? folder : [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
  vi.stubEnv('PATH', path)
    .stubEnv('FAKE_CLOUDFLARED', mode ?? '')
    .stubEnv('FAKE_CLOUDFLARED_NOTES', notes);
  onTestFinished(() => void vi.unstubAllEnvs());
  const heard: unknown[][] = [];
  const handlers = {
    onUp: (url: string) => heard.push(['up', url]),
    onDown: (reason: string, retryMs: number) => heard.push(['down', reason, retryMs]),
    onFatal: (code: string) => heard.push(['fatal', code]),
  };
  const upstream = 'http://127.0.0.1:8000';
  const tunnel = createCloudflaredTunnel({ upstream, handlers, timing: { ...DEFAULT_TIMING, ...timing } }, ENTRY);
  onTestFinished(() => tunnel.stop());
  const starts = async () => (await readFile(notes, 'utf8')).trim().split('\n');
  return { tunnel, heard, starts };
}

const pidOf = (start: string) => Number.parseInt(start, 10);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('cloudflared', () => {
  it('is asked for a quick tunnel to the server, and ended with it', async () => {
    const { tunnel, starts } = await open('up');
    const { url } = await tunnel.start();
    const [start] = await starts();
    expect(url).toBe(`https://quiet-lamp-${pidOf(start)}.trycloudflare.com`);
    expect(start).toMatch(/^\d+ tunnel --no-autoupdate --url http:\/\/127\.0\.0\.1:8000$/);
    await tunnel.stop();
    await vi.waitFor(() => expect(isAlive(pidOf(start))).toBe(false), { timeout: 10_000 });
  });

  it('that is killed is started again, under another address', async () => {
    const { tunnel, heard, starts } = await open('up', { firstRetryMs: 1 });
    const { url } = await tunnel.start();
    process.kill(pidOf((await starts())[0]), 'SIGKILL');
    await vi.waitFor(() => expect(heard.length).toBe(3), { timeout: 20_000 });
    expect(heard.map(([what]) => what)).toEqual(['up', 'down', 'up']);
    expect(heard[2][1]).not.toBe(url);
  });

  it('that does not find its service again is started anew', async () => {
    const { tunnel, heard } = await open('lost', { firstRetryMs: 1, lostMs: 20 });
    await tunnel.start();
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(2), { timeout: 20_000 });
    expect(heard[1]).toEqual(['down', 'cloudflared does not reach its service any more', expect.any(Number)]);
  });

  it('that may not have more tunnels is asked again in a minute', async () => {
    const { tunnel, heard } = await open('limited');
    tunnel.start().catch(() => {});
    await vi.waitFor(() => expect(heard.length).toBe(1), { timeout: 20_000 });
    expect(heard[0]).toEqual(['down', expect.stringMatching(/too many tunnels.*429/), 60_000]);
  });

  it('without a network says what it said', async () => {
    const { tunnel, heard } = await open('no-network');
    tunnel.start().catch(() => {});
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(0), { timeout: 20_000 });
    expect(heard[0]).toEqual(['down', expect.stringMatching(/no such host/), expect.any(Number)]);
  });

  it('that is not installed is refused with where to get it', async () => {
    const { tunnel, heard } = await open(undefined);
    await expect(tunnel.start()).rejects.toMatchObject({ code: 'TUNNEL_REFUSED', message: /install it from/ });
    expect(heard).toEqual([['fatal', 'CLOUDFLARED_MISSING']]);
  });
});
