/** Judges what one socket is told of one job: numbers without gap or turn, nothing after the end, previews in their place. */
import { isEnding, type JobEvent, type PreviewHeader, type SnapshotMessage } from '../../src/protocol/messages.js';

export interface WatchJudge {
  /** The reader asked to be told from here on: `watch` begins anew, `submit` only where nothing is being told. */
  asked(by: 'watch' | 'submit', afterSeq: number): void;
  hear(message: JobEvent | SnapshotMessage): void;
  hearPreview(header: PreviewHeader): void;
}

export interface WatchJudgeOptions {
  fault(words: string): void;
  /** Left out for a slow reader. */
  onSkipped(seq: number): void;
  /** May it have been told late? Asked at each gap. */
  isSlow(): boolean;
}

/** What the server's log holds: before that it need not tell a snapshot. */
const LOG_EVENTS = 1024;
/** A server that was not run for so long could not know that the reader was quick; it says half a second. */
const STALL_MS = 450;

/** One telling, from where it was asked for. */
interface Telling {
  seq: number;
  ended: boolean;
  /** Times of the last two events. */
  heardAtMs: [number, number];
  pictures: Set<number>;
}

export function createWatchJudge({ fault, onSkipped, isSlow }: WatchJudgeOptions): WatchJudge {
  let asked: { by: 'watch' | 'submit'; afterSeq: number }[] = [];
  let telling: Telling | undefined;

  function goesOn({ seq, type }: JobEvent | SnapshotMessage): boolean {
    if (telling === undefined || telling.ended || seq <= telling.seq) return false;
    return (
      type === 'snapshot' || seq === telling.seq + 1 || isSlow() || performance.now() - telling.heardAtMs[0] > STALL_MS
    );
  }

  /** A request that was overtaken by a later one is never answered. */
  function beginsAnew({ seq, type }: JobEvent | SnapshotMessage): boolean {
    const isIdle = telling === undefined || telling.ended;
    const at = asked.findIndex(
      ({ by, afterSeq }) => (isIdle || by === 'watch') && (type === 'snapshot' || seq === afterSeq + 1),
    );
    if (at === -1) return false;
    asked = asked.slice(at + 1);
    const now = performance.now();
    telling = { seq: seq - 1, ended: false, heardAtMs: [now, now], pictures: new Set() };
    return true;
  }

  function follow(current: Telling, message: JobEvent | SnapshotMessage): void {
    const { type, seq } = message;
    if (type === 'snapshot' && seq < LOG_EVENTS) fault(`a snapshot at ${seq}, where the log reaches back`);
    if (type !== 'snapshot') for (let skipped = current.seq + 1; skipped < seq; skipped++) onSkipped(skipped);
    if (type === 'image' && current.pictures.has(message.n)) fault(`picture ${message.n} was told twice`);
    if (type === 'image') current.pictures.add(message.n);
    if (type === 'snapshot') for (const { n } of message.images) current.pictures.add(n);
    current.seq = seq;
    current.ended = isEnding(message);
    current.heardAtMs = [current.heardAtMs[1], performance.now()];
  }

  return {
    asked: (by, afterSeq) => void asked.push({ by, afterSeq }),
    hear(message) {
      if (!goesOn(message) && !beginsAnew(message)) {
        const where = telling === undefined ? 'nothing' : `${telling.seq}${telling.ended ? ', the end' : ''}`;
        fault(`${message.type} ${message.seq} came after ${where}; asked for: ${JSON.stringify(asked)}`);
      }
      if (telling !== undefined) follow(telling, message);
    },
    hearPreview({ seq, image }) {
      const known = Math.max(telling?.seq ?? 0, ...asked.map(({ afterSeq }) => afterSeq));
      if (telling?.ended || seq > known) fault(`a preview of ${seq} came after ${known}`);
      if (telling?.pictures.has(image)) fault(`a preview of picture ${image}, which is there`);
    },
  };
}
