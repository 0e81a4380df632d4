import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createSocketServer } from '../../src/server/socket.js';

const PING_INTERVAL_MS = 10;

async function connectTo(options: { autoPong: boolean }) {
  const sockets = createSocketServer(() => {}, PING_INTERVAL_MS);
  const http = createServer();
  let closed = 0;
  http.on('upgrade', (request, stream, head) => {
    sockets.accept(request, stream, head, (socket) => socket.onClose(() => closed++));
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
  return { ws, pings: () => pings, closed: () => closed };
}

it('cuts a client of whom no byte comes, after three silent intervals', async () => {
  const { ws, pings, closed } = await connectTo({ autoPong: false });
  expect((await once(ws, 'close'))[0]).toBe(1006);
  expect(pings()).toBe(2);
  await vi.waitFor(() => expect(closed()).toBe(1));
});

it('keeps a client that answers its pings', async () => {
  const { ws, pings } = await connectTo({ autoPong: true });
  await vi.waitFor(() => expect(pings()).toBeGreaterThan(8));
  expect(ws.readyState).toBe(WebSocket.OPEN);
});
