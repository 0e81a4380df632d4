import { describe, expect, test } from 'vitest';
import { createInbox, type Inbox, type PreviewEvent } from '../../src/client/inbox.js';
import type { JobEvent } from '../../src/protocol/messages.js';

const queued = (seq: number): JobEvent => ({ type: 'queued', jobId: 'job', seq, position: 0 });
const preview = (seq: number) => ({ type: 'preview', jobId: 'job', seq }) as PreviewEvent;

/** Takes what is there, up to the failure. */
async function takeAll(inbox: Inbox): Promise<string[]> {
  const taken: string[] = [];
  for (;;) {
    try {
      const { type, seq } = await inbox.next();
      taken.push(`${type} ${seq}`);
    } catch (error) {
      return [...taken, (error as Error).message];
    }
  }
}

describe('an inbox', () => {
  test('keeps all events in their order, and of the previews that wait the newest, where it came', async () => {
    const inbox = createInbox();
    for (const event of [preview(1), queued(1), preview(1), queued(2), preview(2), queued(3)]) inbox.push(event);
    inbox.fail(new Error('over'));
    expect(await takeAll(inbox)).toEqual(['queued 1', 'queued 2', 'preview 2', 'queued 3', 'over']);
  });

  test('gives what came before a failure first, then the first failure, again and again', async () => {
    const inbox = createInbox();
    inbox.push(queued(1));
    inbox.fail(new Error('the link is gone'));
    inbox.fail(new Error('the client was closed'));
    expect(await takeAll(inbox)).toEqual(['queued 1', 'the link is gone']);
    await expect(inbox.next()).rejects.toThrow('the link is gone');
  });

  test('wakes who waits, for an event and for a failure', async () => {
    const inbox = createInbox();
    const event = inbox.next();
    inbox.push(queued(1));
    expect(await event).toMatchObject({ seq: 1 });
    const failure = inbox.next();
    inbox.fail(new Error('over'));
    await expect(failure).rejects.toThrow('over');
  });
});
