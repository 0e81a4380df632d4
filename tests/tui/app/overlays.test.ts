/** What lies over the screen, and the page of the server. */
import { afterEach, describe, expect, test } from 'vitest';
import { failed, passed } from '../../../src/client/check.js';
import { withOverrides } from '../../../src/tui/key-overrides.js';
import type { LinkState } from '../../../src/tui/state/state.js';
import { closeTuis, KEYS, openIdle, openTui, openWatching, type TuiTestOptions } from '../open-tui.js';

afterEach(closeTuis);

test('? shows all keys and hides them again', async () => {
  const tui = openTui();
  tui.tty.type(KEYS.esc);
  await tui.shows('? help');
  tui.tty.type('?');
  await tui.shows('In a prompt');
  expect(tui.text()).toContain('same again');
  tui.tty.type('?');
  await tui.lacks('In a prompt');
});

test('where the help is longer than the screen it has pages', async () => {
  const tui = await openIdle({ columns: 60, rows: 16 });
  tui.tty.type('?');
  await tui.shows('page 1 of');
  const last = Number(/page 1 of (\d+)/.exec(tui.text())?.[1]);
  tui.tty.type(KEYS.down.repeat(last + 3));
  await tui.shows(`page ${last} of ${last}`);
  expect(tui.text()).toContain('finish the picked');
  tui.tty.type(KEYS.up);
  await tui.shows(`page ${last - 1} of`);
  tui.tty.type('q');
  await tui.shows('q quit');
});

describe('the server’s page', () => {
  const other: TuiTestOptions = { isOwn: false, client: { url: 'https://otter-1.ngrok-free.app' } };

  test('tells where it is, what it can, and what came through it this month', async () => {
    const tui = await openIdle({ ...other, usedBytes: async () => 312e6 });
    await tui.shows('312 MB this month');
    tui.tty.type('4');
    await tui.shows('31 % of ngrok’s free 1 GB');
    expect(tui.text()).toMatch(/address +https:\/\/otter-1\.ngrok-free\.app/);
    expect(tui.text()).toMatch(/device +cpu/);
    expect(tui.text()).toMatch(/models +tiny/);
  });

  test('a link that is lost is told on every screen, until it is back', async () => {
    let tell: (link: LinkState) => void = () => {};
    const onLink: TuiTestOptions['onLink'] = (listener) => {
      tell = listener;
    };
    const tui = await openWatching({ ...other, onLink });
    tell({ state: 'down', retryMs: 60_000, attempt: 3, reason: 'the notebook has ended' });
    await tui.until((text) => /○ (connection )?lost, retrying in \d+ s/.test(text));
    for (const key of ['2', '3', '4']) {
      tui.tty.type(key);
      await tui.until((text) => /○ (connection )?lost, retrying in \d+ s/.test(text));
    }
    await tui.until((text) => /link +connection lost, retrying in \d+ s \(attempt 3\)/.test(text));
    await tui.shows('the notebook has ended');
    tell({ state: 'up' });
    await tui.lacks('lost,');
    await tui.shows('otter-1.ngrok-free.app');
  });
});

test('the seconds until a lost connection is retried are counted down', async () => {
  let tell: (link: LinkState) => void = () => {};
  const onLink: TuiTestOptions['onLink'] = (listener) => {
    tell = listener;
  };
  const tui = openTui({ onLink });
  await tui.shows('Describe');
  tell({ state: 'down', retryMs: 1700, attempt: 1 });
  await tui.shows('retrying in 2 s');
  await tui.shows('retrying in 1 s');
  await tui.shows('retrying now');
  tell({ state: 'down', retryMs: 60_000, attempt: 1 });
  await tui.until((text) => /retrying in (60|59) s/.test(text));
});

describe('while the connection is lost', () => {
  const openLost = async (options: TuiTestOptions = {}) => {
    let tell: (link: LinkState) => void = () => {};
    const onLink: TuiTestOptions['onLink'] = (listener) => {
      tell = listener;
    };
    const tui = await openWatching({ ...options, onLink });
    tell({ state: 'down', retryMs: 60_000, attempt: 3 });
    await tui.shows('retrying in');
    return { tui, tell };
  };

  test('nothing is promised of the job: where it was is what is known', async () => {
    const { tui, tell } = await openLost();
    await tui.shows('step 4/25 · connection lost');
    expect(tui.text()).not.toMatch(/left|it\/s/);
    tui.tty.type('2');
    await tui.until((text) => /a lake +16% step 4\/25 · connection lost/.test(text));
    tell({ state: 'up' });
    await tui.until((text) => /step 4\/25 · .* left/.test(text));
  });

  test.each([
    ['on Create', ''],
    ['in the prompt', 'e'],
    ['in the parameters', 'e\t\t'],
    ['in the search', 'e\x12'],
    ['in the queue', '2'],
    ['on the server’s page', '4'],
    ['in the help', '?'],
  ])('a key retries now, %s, and the footer leads with it', async (_, keys) => {
    const { tui } = await openLost({ color: 'truecolor' });
    tui.tty.type(keys);
    await tui.until(() => tui.tty.rows()[23].startsWith(' ^T retry the connection'));
    tui.tty.type('\x14');
    await tui.until(() => tui.client.retries === 1);
  });

  test('the key is told as it is bound', async () => {
    const { tui } = await openLost({ bindings: withOverrides({ retryNow: 'ctrl+x' }) });
    await tui.shows('^X retries now');
    await tui.shows('^X retry the connection');
    tui.tty.type('\x18');
    await tui.until(() => tui.client.retries === 1);
  });
});

test('hints name the keys that somebody chose', async () => {
  const bindings = withOverrides({ edit: 'E', toServer: '9', connect: 'ctrl+o', leave: 'ctrl+x', toCreate: '0' });
  const tui = openTui({ bindings, isFirstRun: true });
  await tui.shows('Welcome');
  tui.tty.type('\r');
  await tui.until((text) => /\^X 9 \^O leads to\s+a GPU server/.test(text));
  tui.tty.type('\x18');
  await tui.shows('E edit');
  tui.tty.type('r');
  await tui.until((text) => /press E and describe/.test(text.replace(/\s+/g, ' ')));
  tui.tty.type('9');
  await tui.until((text) => /press \^O and paste/.test(text.replace(/\s+/g, ' ')));
});

describe('going to another server', () => {
  const LINE = 'https://otter-1.ngrok-free.app#token=0123456789abcdef';

  /** What is looked at comes when the test lets it. */
  function createCheck() {
    const found = Promise.withResolvers<boolean>();
    const used: string[] = [];
    const connect: TuiTestOptions['connect'] = {
      async *check(address) {
        yield passed('address', `${address.slice(0, 20)} is an address`);
        const isOk = await found.promise;
        yield isOk
          ? passed('token', 'it lets you in')
          : failed('token', 'it does not know this token', 'copy the whole line');
      },
      use: (address) => void used.push(address),
      stay: () => void used.push('stays'),
    };
    return { connect, found, used };
  }

  test('its line is pasted, looked at step by step, and used; its token is never on screen', async () => {
    const { connect, found, used } = createCheck();
    const tui = await openIdle({ connect });
    tui.tty.type('4');
    await tui.shows('c connect to a server');
    tui.tty.type('c');
    await tui.shows('Paste the line');
    tui.tty.type(`\x1b[200~${LINE}\n\x1b[201~`);
    await tui.shows('token=0123•');
    tui.tty.type('\r');
    await tui.shows('✔ https://otter-1.ngro is an address');
    await tui.shows('checking…');
    expect(used).toEqual([]);
    found.resolve(true);
    await tui.shows('⏎ uses it from now on');
    tui.tty.type('\r');
    await tui.screen.closed;
    expect(used).toEqual([LINE]);
    expect(tui.tty.bytes).not.toContain('456789');
  });

  test.each(['localhost:9123', '127.0.0.1:9123', 'otter-1.ngrok-free.app:443/#token=abc'])(
    'a host and its port is an address: %s is checked by itself',
    async (address) => {
      const checked: string[] = [];
      const connect: TuiTestOptions['connect'] = {
        async *check(text) {
          checked.push(text);
          yield passed('address', 'it is an address');
        },
        use: () => {},
        stay: () => {},
      };
      const tui = await openIdle({ connect });
      tui.tty.type(`4c${address} `);
      await tui.shows('✔ it is an address');
      expect(checked).toEqual([address]);
    },
  );

  test('what is wrong is said, and can be corrected', async () => {
    const { connect, found, used } = createCheck();
    const tui = await openIdle({ connect });
    tui.tty.type(`4c${LINE}\r`);
    found.resolve(false);
    await tui.shows('✖ it does not know this token');
    await tui.shows('→ copy the whole line');
    tui.tty.type(KEYS.backspace);
    await tui.lacks('✖');
    tui.tty.type(KEYS.esc);
    await tui.shows('c connect to a server');
    expect(used).toEqual([]);
  });

  test('not while this program still makes a picture', async () => {
    const { connect, found, used } = createCheck();
    const tui = await openWatching({ connect });
    tui.tty.type(`4c${LINE}\r`);
    found.resolve(true);
    await tui.shows('⏎ uses it from now on');
    tui.tty.type('\r');
    await tui.shows('Wait for the pictures, or cancel them first.');
    expect(used).toEqual([]);
  });
});

describe('the first page on a new machine', () => {
  const LINE = 'https://otter-1.ngrok-free.app#token=0123456789abcdef';
  const openFirst = async (connect: Partial<TuiTestOptions['connect']> = {}) => {
    const check = async function* (address: string) {
      yield passed('token', `${new URL(address).host} lets you in`);
    };
    const tui = openTui({ isFirstRun: true, connect: { check, use: () => {}, stay: () => {}, ...connect } });
    await tui.shows('Welcome to safelight');
    return tui;
  };

  test.each([
    ['enter', KEYS.enter],
    ['esc', KEYS.esc],
  ])('on this machine, with %s: remembered, and the prompt has the keys', async (_, key) => {
    const stays: string[] = [];
    const tui = await openFirst({ stay: () => void stays.push('here') });
    tui.tty.type(key);
    await tui.lacks('Welcome');
    await tui.shows('leads to a GPU server');
    await tui.generate('a lake');
    expect(stays).toEqual(['here']);
  });

  test('on a server: its pasted line is checked as soon as it rests, and used with one key', async () => {
    const used: string[] = [];
    const tui = await openFirst({ use: (address) => void used.push(address), stay: () => used.push('stays') });
    tui.tty.type(KEYS.down);
    await tui.shows('› Draw on a GPU server');
    tui.tty.type(KEYS.enter);
    await tui.shows('Paste the line');
    tui.tty.type(`\x1b[200~${LINE}\x1b[201~`);
    await tui.shows('✔ otter-1.ngrok-free.app lets you in');
    await tui.shows('⏎ uses it from now on');
    expect(used).toEqual([]);
    tui.tty.type(KEYS.enter);
    await tui.screen.closed;
    expect(used).toEqual([LINE]);
  });

  test('what is no address yet is not checked', async () => {
    const checked: string[] = [];
    const check = async function* (address: string) {
      checked.push(address);
      yield passed('token', 'fine');
    };
    const tui = await openFirst({ check });
    tui.tty.type(KEYS.down);
    tui.tty.type(KEYS.enter);
    await tui.shows('Paste the line');
    tui.tty.type('otter');
    await tui.shows('otter');
    tui.tty.type(KEYS.backspace.repeat(5));
    tui.tty.type(`\x1b[200~${LINE}\x1b[201~`);
    await tui.shows('✔ fine');
    expect(checked).toEqual([LINE]);
  });

  test('q quits, and nothing is remembered', async () => {
    const stays: string[] = [];
    const tui = await openFirst({ stay: () => void stays.push('here') });
    tui.tty.type('q');
    await tui.screen.closed;
    expect(stays).toEqual([]);
  });
});

test('numbers go from screen to screen', async () => {
  const tui = openTui({ columns: 120, outputDir: '/nowhere' });
  await tui.shows('Describe');
  tui.tty.type(KEYS.esc);
  await tui.shows('q quit');
  for (const [key, words] of [
    ['2', 'Nothing was asked for yet'],
    ['3', 'No pictures here yet'],
    ['4', 'of this program'],
    ['1', 'Describe a picture'],
  ]) {
    tui.tty.type(key);
    await tui.shows(words);
  }
});
