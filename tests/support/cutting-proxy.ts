/** A TCP proxy that cuts connections at an exact byte of what the server sends: the links that tunnels and trains make. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Looks at everything that the server has sent on one connection so far.
 * @returns the offset to cut at, which may lie in bytes that were not passed on yet; undefined = let it pass
 */
export type CutRule = (sent: Buffer) => number | undefined;

export interface CuttingProxy {
  url: string;
  /** Rules that were not used yet: each cuts one connection. */
  readonly rules: CutRule[];
  /** Cuts every connection, and each that is tried until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param rules used in their order; a connection on which the first one does not hold is left alone */
export async function startCuttingProxy(port: number, rules: CutRule[] = []): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    // A cut is what this is for: both sides hear of it by 'close'.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    return socket;
  };
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) client.resetAndDestroy();
    else join(track(client), track(connect(port, '127.0.0.1')), rules);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rules,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function join(client: Socket, upstream: Socket, rules: CutRule[]): void {
  let sent = Buffer.alloc(0);
  client.pipe(upstream);
  upstream.on('end', () => client.end());
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  upstream.on('data', (chunk: Buffer) => {
    const before = sent.length;
    sent = Buffer.concat([sent, chunk]);
    const at = rules[0]?.(sent);
    if (at === undefined || at > sent.length) return void client.write(chunk);
    rules.shift();
    // What was passed on before is gone; the rest up to the cut still arrives.
    client.write(chunk.subarray(0, Math.max(0, at - before)), () => client.resetAndDestroy());
    upstream.destroy();
  });
}
