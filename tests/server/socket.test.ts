import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createSocketServer, type Socket } from '../../src/server/socket.js';

const PING_INTERVAL_MS = 10;

async function connectTo(options: { autoPong: boolean }, pingIntervalMs = PING_INTERVAL_MS) {
  const cuts: string[] = [];
  const sockets = createSocketServer({ log: () => {}, onCut: (reason) => cuts.push(reason), pingIntervalMs });
  const http = createServer();
  const accepted = Promise.withResolvers<Socket>();
  let closed = 0;
  http.on('upgrade', (request, stream, head) => {
    sockets.accept(request, stream, head, (socket) => {
      accepted.resolve(socket);
      socket.onClose(() => closed++);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => {
    sockets.terminate();
    http.close();
  });
  const ws = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`, options);
  let pings = 0;
  ws.on('ping', () => pings++);
  await once(ws, 'open');
  return { ws, cuts, sockets, socket: await accepted.promise, pings: () => pings, closed: () => closed };
}

it('cuts a client of whom no byte comes, after three silent intervals', async () => {
  const { ws, cuts, pings, closed } = await connectTo({ autoPong: false });
  expect((await once(ws, 'close'))[0]).toBe(1006);
  expect(pings()).toBe(2);
  await vi.waitFor(() => expect(closed()).toBe(1));
  expect(cuts).toEqual(['silent']);
});

it('keeps a client that answers its pings', async () => {
  const { ws, pings } = await connectTo({ autoPong: true });
  await vi.waitFor(() => expect(pings()).toBeGreaterThan(8));
  expect(ws.readyState).toBe(WebSocket.OPEN);
});

it('cuts a client that reads nothing before too much waits for it', async () => {
  const { ws, cuts, socket, closed } = await connectTo({ autoPong: true }, 60_000);
  ws.pause();
  const chunk = new Uint8Array(1024 * 1024);
  let refused: unknown;
  for (let i = 0; i < 100; i++) {
    void socket.send(chunk).catch((error) => {
      refused = error;
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(refused).toBeInstanceOf(Error);
  await vi.waitFor(() => expect(closed()).toBe(1), { timeout: 5000 });
  expect(cuts).toEqual(['slow']);
});

it('finds out at once, when it is asked to, who does not answer', async () => {
  const live = await connectTo({ autoPong: true }, 60_000);
  const dead = await connectTo({ autoPong: false }, 60_000);
  live.sockets.dropDead();
  dead.sockets.dropDead();
  await once(dead.ws, 'close');
  expect(live.ws.readyState).toBe(WebSocket.OPEN);
  await vi.waitFor(() => expect(dead.sockets.size).toBe(0));
  expect(live.sockets.size).toBe(1);
});
