import { expect, onTestFinished, test, vi } from 'vitest';
import { withServer } from '../../src/cli/with-server.js';
import { type FakeServerOptions, startFakeServer } from '../support/fake-server.js';

test('a link that is lost, and why it does not come back, is told once; and that it is back', async () => {
  let upgrades = 0;
  const options: FakeServerOptions = {
    onMessage(message, link) {
      if (message.type !== 'submit') return;
      upgrades += 1;
      if (upgrades > 1) return link.say({ type: 'cancelled', jobId: message.jobId, seq: 1 });
      options.refuse = { status: 404, headers: { 'ngrok-error-code': 'ERR_NGROK_3200' } };
      link.cut();
    },
  };
  const server = await startFakeServer(options);
  onTestFinished(() => server.close());
  const notes: string[] = [];
  await withServer(
    { apiUrl: server.url },
    (line) => notes.push(line),
    async (client) => {
      const job = client.generate({ prompt: 'a lake' }).next();
      await vi.waitFor(() => expect(notes.length).toBe(2), { timeout: 20_000 });
      options.refuse = undefined;
      await job;
      await vi.waitFor(() => expect(notes.length).toBe(3), { timeout: 20_000 });
    },
  );
  expect(notes).toEqual([
    expect.stringMatching(/retrying until the server answers: the connection to the server was lost/),
    expect.stringMatching(/retrying until the server answers.*does the notebook still run\?.*ERR_NGROK_3200/),
    'connected again',
  ]);
});
