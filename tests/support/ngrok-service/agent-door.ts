/** Where agents knock: passes their connections on to the service, or does to them what networks do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** refused = nobody listens; mute = taken, and nothing is ever said. */
export type DoorMode = 'open' | 'refused' | 'mute';

/** One agent's connection. */
export interface DoorLine {
  /** Reset, at both ends. */
  reset(): void;
  /** Closed in good order. */
  finish(): void;
  /** From now on nothing gets through, not even an end: each side thinks that the other one is silent. */
  swallow(): void;
}

export interface AgentDoor {
  readonly port: number;
  mode: DoorMode;
  /** @param port of the door's own end, as the service sees it */
  lineFrom(port: number | undefined): DoorLine | undefined;
  readonly lines: Iterable<DoorLine>;
  close(): Promise<void>;
}

export async function openAgentDoor(servicePort: number): Promise<AgentDoor> {
  const lines = new Map<number, DoorLine>();
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    return socket.setNoDelay();
  };
  const server = createServer((agent) => {
    track(agent);
    if (door.mode !== 'open') return void agent.resume();
    const service = track(connect(servicePort, '127.0.0.1'));
    service.once('connect', () => {
      const { localPort = 0 } = service;
      lines.set(localPort, join(agent, service));
      service.once('close', () => lines.delete(localPort));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let mode: DoorMode = 'open';
  const door: AgentDoor = {
    port,
    get mode() {
      return mode;
    },
    // Not taken and reset: the reset may come before the TLS handshake or in it, and the library says another thing then.
    set mode(next) {
      if (next === 'refused' && server.listening) server.close();
      if (next !== 'refused' && !server.listening) server.listen(port, '127.0.0.1');
      mode = next;
    },
    lineFrom: (port = 0) => lines.get(port),
    get lines() {
      return lines.values();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return door;
}

function join(agent: Socket, service: Socket): DoorLine {
  let isHole = false;
  for (const [from, to] of [
    [agent, service],
    [service, agent],
  ]) {
    from.on('data', (bytes) => void (isHole || to.write(bytes)));
    from.on('end', () => void (isHole || to.end()));
    from.on('close', () => void (isHole || to.destroy()));
  }
  return {
    reset() {
      agent.resetAndDestroy();
      service.destroy();
    },
    finish() {
      agent.end();
      service.end();
    },
    swallow() {
      isHole = true;
    },
  };
}
