import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startTunnelProcess } from '../../../src/server/tunnel/tunnel-process.js';

const FAKE = fileURLToPath(new URL('../../support/fake-tunnel-child.mjs', import.meta.url));
const SECRET = '2secret_authtoken';

function start(upstream: string, entry = FAKE) {
  const up = Promise.withResolvers<number>();
  const settings = {
    kind: 'ngrok',
    upstream,
    authtoken: SECRET,
    domain: undefined,
    ingress: undefined,
    caFile: undefined,
    heartbeatSeconds: 1,
  } as const;
  const child = startTunnelProcess({ entry, settings, onUp: (url) => up.resolve(Number(/\d+/.exec(url)?.[0])) });
  onTestFinished(() => child.stop());
  return { child, up: up.promise };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('is up when it says so, and gone when it is stopped', async () => {
  const { child, up } = start('up');
  const pid = await up;
  expect(isAlive(pid)).toBe(true);
  await child.stop();
  expect(isAlive(pid)).toBe(false);
});

it('is killed when it does not listen', async () => {
  const { child, up } = start('deaf');
  const pid = await up;
  await child.stop();
  expect(isAlive(pid)).toBe(false);
});

it('tells the code and the words of a refusal, without the authtoken, on one line', async () => {
  const { child } = start('refuse');
  const { code, text } = await child.ended;
  expect(code).toBe('ERR_NGROK_107');
  expect(text).toMatch(/^it is invalid your authtoken: …/);
  expect(text).not.toContain('\u001b');
});

it('that crashes tells its last words, without the authtoken', async () => {
  const { text } = await start('crash').child.ended;
  expect(text).toMatch(/ended with 3\. thread panicked over …/);
  expect(text).not.toContain(SECRET);
});

it('that is not there ends with its error', async () => {
  const { child } = start('up', '/nowhere/child.js');
  expect((await child.ended).text).toMatch(/its process ended with 1\./);
});
