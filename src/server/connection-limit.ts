/** Places for so many connections at once. When they run out, whoever has not shown the token yet goes first. */
import type { Duplex } from 'node:stream';

export interface ConnectionLimit {
  /** Gives it a place until it closes; where there is none, the oldest stranger is cut, or else this one. */
  enter(connection: Duplex): void;
  /** It was let in: nobody takes its place any more. */
  trust(connection: Duplex): void;
}

/** @param onCut one connection lost its place */
export function createConnectionLimit(max: number, onCut: () => void): ConnectionLimit {
  /** Oldest first. */
  const strangers = new Set<Duplex>();
  const trusted = new Set<Duplex>();
  const leave = (connection: Duplex) => {
    strangers.delete(connection);
    trusted.delete(connection);
  };
  return {
    enter(connection) {
      strangers.add(connection);
      connection.once('close', () => leave(connection));
      if (strangers.size + trusted.size <= max) return;
      const [oldest = connection] = strangers;
      leave(oldest);
      oldest.destroy();
      onCut();
    },
    trust(connection) {
      if (strangers.delete(connection)) trusted.add(connection);
    },
  };
}
