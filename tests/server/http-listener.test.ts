import { expect, it, onTestFinished, vi } from 'vitest';
import { createHttpListener, type HttpListenerOptions } from '../../src/server/http-listener.js';
import { openRaw, requestHead, statusOf } from '../support/raw-connection.js';

async function listen(fetch: HttpListenerOptions['fetch'], options: Partial<HttpListenerOptions> = {}) {
  const http = createHttpListener({ maxConnections: 4, onDrop: () => {}, onUpgrade: () => {}, fetch, ...options });
  const port = await http.listen('127.0.0.1', 0);
  onTestFinished(() => http.close(() => {}));
  return port;
}

async function ask(port: number, text: string) {
  const raw = await openRaw(port, text);
  onTestFinished(raw.cut);
  return raw;
}

it('cuts whoever takes nothing of the answer, and its place is free again', async () => {
  const large = new Uint8Array(64 * 1024 * 1024);
  const fetch: HttpListenerOptions['fetch'] = ({ url }, caller) => {
    caller.trust();
    return new Response(url.endsWith('/large') ? large : 'small');
  };
  const port = await listen(fetch, { unreadTimeoutMs: 100, maxConnections: 1 });
  const deaf = await ask(port, requestHead('GET /large'));
  await deaf.until((received) => received.length > 0);
  deaf.socket.pause();
  await vi.waitFor(
    async () => {
      const next = await ask(port, requestHead('GET /small'));
      await next.until((received) => received.includes('small'));
      expect(statusOf(next.received)).toBe(200);
    },
    { timeout: 10_000 },
  );
});

it('answers requests that come in one packet one after the other', async () => {
  let running = 0;
  const fetch = async ({ url }: Request) => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return new Response(`<${url.split('/').at(-1)}>`);
  };
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  const raw = await ask(await listen(fetch), numbers.map((n) => requestHead(`GET /${n}`)).join(''));
  await raw.until((received) => received.includes('<99>'));
  expect(String(raw.received).match(/<\d+>/g)).toEqual(numbers.map((n) => `<${n}>`));
});

it('begins nothing for who has hung up', async () => {
  const first = Promise.withResolvers<Response>();
  const asked: string[] = [];
  const port = await listen(({ url }) => {
    asked.push(new URL(url).pathname);
    return url.endsWith('/first') ? first.promise : new Response('here');
  });
  const gone = await ask(port, requestHead('GET /first') + requestHead('GET /second'));
  await vi.waitFor(() => expect(asked).toEqual(['/first']), { timeout: 10_000 });
  gone.cut();
  await gone.closed;
  first.resolve(new Response('late'));
  for (let i = 0; i < 2; i++) {
    const other = await ask(port, requestHead('GET /other'));
    await other.until((received) => received.includes('here'));
  }
  expect(asked).toEqual(['/first', '/other', '/other']);
});

it('gives an answer the time it takes to be made', async () => {
  const slow = Promise.withResolvers<Response>();
  const port = await listen(({ url }) => (url.endsWith('/slow') ? slow.promise : new Response('quick')), {
    unreadTimeoutMs: 20,
  });
  const raw = await ask(port, requestHead('GET /quick'));
  await raw.until((received) => received.includes('quick'));
  raw.send(requestHead('GET /slow'));
  await new Promise((resolve) => setTimeout(resolve, 100)); // several times what an unread answer has
  slow.resolve(new Response('whole'));
  await raw.until((received) => received.includes('whole'));
  expect(String(raw.received)).toContain('whole');
});

it.each([
  ['Host', requestHead('GET /', { host: 'a b' })],
  ['Host’s port', requestHead('GET /', { host: 'x:99999999' })],
  ['path', requestHead('GET /jobs\\..\\x')],
  ['target', requestHead('OPTIONS *')],
  ['scheme', requestHead('GET file:///etc/passwd')],
])('answers a request whose %s is none', async (_, text) => {
  const raw = await ask(await listen(() => new Response('reached')), text);
  await raw.until((received) => received.includes('}}'));
  expect(statusOf(raw.received)).toBe(400);
  expect(String(raw.received)).toContain('"code":"BAD_MESSAGE"');
});

it('answers in HTTP/1.1 whoever offers to speak HTTP/2', async () => {
  const port = await listen(() => new Response('reached'));
  const raw = await ask(port, requestHead('GET /', { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' }));
  await raw.until((received) => received.includes('reached'));
  expect(statusOf(raw.received)).toBe(200);
});
