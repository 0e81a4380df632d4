/** A port that stays while the server behind it comes and goes, as a tunnel's does; its lines can be cut. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpRelay {
  readonly url: string;
  /** Where new connections go from now on. */
  target: string;
  /** Every line, at both ends, without a word. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpRelay(target: string): Promise<TcpRelay> {
  const lines = new Set<Socket>();
  const server = createServer((near) => {
    const { hostname, port } = new URL(relay.target);
    join(near, connect(Number(port), hostname), lines);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay: TcpRelay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target,
    cut() {
      for (const line of lines) line.destroy();
    },
    async close() {
      relay.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return relay;
}

function join(near: Socket, far: Socket, lines: Set<Socket>): void {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ]) {
    lines.add(from);
    from.pipe(to);
    from.on('error', () => {}); // 'close' follows
    from.on('close', () => {
      lines.delete(from);
      to.destroy();
    });
  }
}
