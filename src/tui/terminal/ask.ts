/** Asks the terminal: writes queries and collects the replies, up to the one that every terminal gives (DA1). */

/** @returns what was replied within the time, DA1's reply last if it came */
export type Ask = (queries: string, timeoutMs: number) => Promise<string[]>;

export interface Asking {
  ask: Ask;
  /** No reply is outstanding, not even to a question that was given up. */
  readonly isAnswered: boolean;
  /** Resolves when that is so, or the time is over. */
  answered(timeoutMs: number): Promise<void>;
}

interface Question {
  replies: string[];
  answer(): void;
}

/** "What are you?": replies come in order, so this one says that no other will come. */
const DA1 = '\x1b[c';

/** DA1's reply is `CSI ? … c`. */
export function isDa1(reply: string): boolean {
  return reply.startsWith('\x1b[?') && reply.endsWith('c');
}

/** @param onReply the stdin filter's: terminals' replies, one by one */
export function createAsk(write: (text: string) => void, onReply: (listener: (reply: string) => void) => void): Asking {
  /** Oldest first. One that was given up stays: its replies must not be taken for those of the next. */
  const open: Question[] = [];
  onReply((reply) => {
    const [oldest] = open;
    oldest?.replies.push(reply);
    if (isDa1(reply)) open.shift()?.answer();
  });

  return {
    ask: (queries, timeoutMs) =>
      new Promise((resolve) => {
        const replies: string[] = [];
        const answer = () => {
          clearTimeout(timer);
          resolve(replies);
        };
        const timer = setTimeout(answer, timeoutMs);
        open.push({ replies, answer });
        write(queries + DA1);
      }),
    get isAnswered() {
      return open.length === 0;
    },
    async answered(timeoutMs) {
      const newest = open.at(-1);
      if (newest === undefined) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        const { answer } = newest;
        newest.answer = () => {
          clearTimeout(timer);
          answer();
          resolve();
        };
      });
    },
  };
}
