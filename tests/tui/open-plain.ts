/** The plain UI on pipes with a fake client, and ways to wait for what it says. */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ImageEvent } from '../../src/client/client.js';
import { openPlain, type Plain, type PlainOptions } from '../../src/tui/plain.js';
import { createFakeClient, type FakeClient } from '../support/fake-client.js';

export interface PlainUi {
  client: FakeClient;
  plain: Plain;
  /** All that was written. */
  readonly text: string;
  type(line: string): void;
  /** As Ctrl-D does. */
  endInput(): void;
  /** Resolves when the words were said. */
  says(words: string | RegExp): Promise<void>;
  /** Types a prompt and waits for its job. */
  generate(prompt: string): Promise<void>;
}

const opened: Plain[] = [];

/** For `afterEach`: no test leaves a UI behind. */
export async function closePlains(): Promise<void> {
  for (const plain of opened.splice(0)) {
    plain.close();
    await plain.closed;
  }
}

export function openPlainUi(options: Partial<PlainOptions> = {}): PlainUi {
  const client = createFakeClient();
  const [input, output] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })];
  let text = '';
  output.on('data', (chunk: string) => {
    text += chunk;
  });
  const plain = openPlain({
    ...{ client, input, output, isOwn: true, params: {}, note: () => {} },
    readList: async (name) => [`one of ${name}`],
    save: async (_: Uint8Array, { n, seed }: ImageEvent) => `out/${n}_${seed}.png`,
    ...options,
  });
  opened.push(plain);
  const says: PlainUi['says'] = async (words) => {
    const isSaid = () => (typeof words === 'string' ? text.includes(words) : words.test(text));
    while (!isSaid()) await once(output, 'data', { signal: AbortSignal.timeout(10_000) }).catch(() => notSaid(words));
  };
  const notSaid = (words: string | RegExp) => {
    throw new Error(`${words} was never said:\n${text}`);
  };
  return {
    client,
    plain,
    get text() {
      return text;
    },
    type: (line) => void input.write(`${line}\n`),
    endInput: () => void input.end(),
    says,
    async generate(prompt) {
      const before = client.jobs.length;
      input.write(`${prompt}\n`);
      await says(`Sent: ${prompt}`);
      if (client.jobs.length !== before + 1) throw new Error('not one job');
    },
  };
}
