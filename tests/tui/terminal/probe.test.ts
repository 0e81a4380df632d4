import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAsk } from '../../../src/tui/terminal/ask.js';
import { isRemote, probeTerminal } from '../../../src/tui/terminal/probe.js';
import { createStdinFilter } from '../../../src/tui/terminal/stdin-filter.js';
import { REPLIES } from './replies.js';

const SCREEN = { columns: 80, rows: 24 };

/** To the question that only terminals with sixel get. */
async function answerAgain(receive: (bytes: string) => void, room = ''): Promise<void> {
  await new Promise(setImmediate);
  receive(`${room}\x1b[?62c`);
}

describe.each(REPLIES)('$name', ({ replies, room, report }) => {
  test('is read whatever the order, and however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 5 }), async (cuts) => {
        const { ask, receive } = openAsk();
        const answer = probeTerminal(ask, {}, SCREEN);
        const bytes = Buffer.from(replies.join(''));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        for (let i = 1; i < places.length; i++) receive(bytes.subarray(places[i - 1], places[i]));
        await answerAgain(receive, room);
        expect(await answer).toMatchObject({ isComplete: true, ...report });
      }),
      { numRuns: 30 },
    );
  });
});

function openAsk() {
  const terminal = Object.assign(new PassThrough(), { setRawMode: () => {}, ref: () => {}, unref: () => {} });
  const filter = createStdinFilter(terminal as unknown as NodeJS.ReadStream);
  filter.stdin.setRawMode(true);
  const written: string[] = [];
  const asking = createAsk((text) => written.push(text), filter.onReply);
  const receive = (chunk: Buffer | string) => void terminal.emit('data', Buffer.from(chunk));
  return { ...asking, asking, receive, written, keys: () => String(filter.stdin.read() ?? '') };
}

describe('the time', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test.each([
    ['here', {}, 300],
    ['over ssh', { SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' }, 1000],
  ])('%s: a terminal that says nothing is waited for, but not longer', async (_, env, ms) => {
    const { ask } = openAsk();
    let report: Awaited<ReturnType<typeof probeTerminal>> | undefined;
    const probing = probeTerminal(ask, env, SCREEN).then((found) => {
      report = found;
    });
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(report).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await probing;
    expect(report).toMatchObject({ isComplete: false, kitty: false, sixel: false, version: undefined });
  });

  test('what comes too late is not taken for the answer to the next question, nor typed', async () => {
    const { ask, asking, receive, keys } = openAsk();
    const first = ask('\x1b[16t', 100);
    await vi.advanceTimersByTimeAsync(100);
    expect(await first).toEqual([]);
    const second = ask('\x1b[16t', 100);
    receive('\x1b[6;17;8t\x1b[?62c');
    expect(asking.isAnswered).toBe(false);
    receive('\x1b[6;20;10t\x1b[?62c');
    expect(await second).toEqual(['\x1b[6;20;10t', '\x1b[?62c']);
    expect([keys(), asking.isAnswered]).toEqual(['', true]);
  });

  test('a late answer can be waited for, and not longer than told', async () => {
    const { ask, asking, receive } = openAsk();
    await Promise.all([ask('', 10), vi.advanceTimersByTimeAsync(10)]);
    let isOver = false;
    void asking.answered(200).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(199);
    expect(isOver).toBe(false);
    receive('\x1b[?62c');
    await vi.advanceTimersByTimeAsync(0);
    expect(isOver).toBe(true);
    await asking.answered(200);
  });
});

describe('the questions', () => {
  async function written(env: NodeJS.ProcessEnv): Promise<string> {
    const { ask, receive, written } = openAsk();
    const probing = probeTerminal(ask, env, SCREEN);
    receive('\x1b[?62c');
    await probing;
    return written.join('');
  }

  test('end with the one that every terminal answers, and are unseen where they are not understood', async () => {
    const bytes = await written({});
    expect(bytes).toContain('\x1b_Gi=31');
    expect(bytes.startsWith('\x1b7\x1b[8m')).toBe(true);
    expect(bytes.endsWith('\x1b[0m\x1b8\x1b[K\x1b[c')).toBe(true);
  });

  test.each([{ STY: '1.pts' }, { TERM: 'linux' }])('do not use kitty’s escape under %j', async (env) => {
    expect(await written(env)).not.toContain('\x1b_G');
  });
});

test('ssh is known by its variables', () => {
  expect(isRemote({ SSH_TTY: '/dev/pts/1' })).toBe(true);
  expect(isRemote({ SSH_CONNECTION: '' })).toBe(false);
});
