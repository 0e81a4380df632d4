import { describe, expect, test } from 'vitest';
import { backgroundOfEnv, readBackground, watchBackground } from '../../../src/tui/terminal/background.js';

test.each([
  ['white', '\x1b]11;rgb:ffff/ffff/ffff\x1b\\', 'light'],
  ['black, ended by BEL', '\x1b]11;rgb:0000/0000/0000\x07', 'dark'],
  ['two digits', '\x1b]11;rgb:fd/f6/e3\x1b\\', 'light'],
  ['one digit', '\x1b]11;rgb:f/f/f\x1b\\', 'light'],
  ['an alpha channel', '\x1b]11;rgba:ffff/ffff/ffff/8000\x1b\\', 'light'],
  ['Solarized dark', '\x1b]11;rgb:0000/2b2b/3636\x1b\\', 'dark'],
  ['the darker half of what is between', '\x1b]11;rgb:7000/7000/7000\x1b\\', 'dark'],
  ['the lighter half', '\x1b]11;rgb:8000/8000/8000\x1b\\', 'light'],
  ['pure blue is dark', '\x1b]11;rgb:0000/0000/ffff\x1b\\', 'dark'],
  ['pure green is light', '\x1b]11;rgb:0000/ffff/0000\x1b\\', 'light'],
  ['another colour', '\x1b]10;rgb:ffff/ffff/ffff\x1b\\', undefined],
  ['no colour', '\x1b]11;?\x1b\\', undefined],
  ['another reply', '\x1b[?62c', undefined],
])('%s', (_, reply, background) => {
  expect(readBackground(reply)).toBe(background);
});

test.each([
  [{ COLORFGBG: '0;15' }, 'light'],
  [{ COLORFGBG: '15;0' }, 'dark'],
  [{ COLORFGBG: '0;default;15' }, 'light'],
  [{ COLORFGBG: '7;8' }, 'dark'],
  [{ COLORFGBG: '0;7' }, 'light'],
  [{ COLORFGBG: '0;default' }, 'unknown'],
  [{ TERM: 'linux' }, 'dark'],
  [{ TERM: 'xterm' }, 'unknown'],
  [{}, 'unknown'],
])('%j: %s', (env, background) => {
  expect(backgroundOfEnv(env)).toBe(background);
});

describe('watched', () => {
  const LIGHT = '\x1b]11;rgb:ffff/ffff/ffff\x1b\\';

  function watch(choice: 'auto' | 'light' | 'dark', env: NodeJS.ProcessEnv = {}) {
    let reply = (_: string) => {};
    const background = watchBackground(choice, env, (listener) => {
      reply = listener;
    });
    let changes = 0;
    const stop = background.subscribe(() => {
      changes += 1;
    });
    return { background, stop, reply: (text: string) => reply(text), changes: () => changes };
  }

  test('an answer goes before the environment, however late it comes, and is told once', () => {
    const { background, reply, changes } = watch('auto', { COLORFGBG: '15;0' });
    expect(background.current()).toBe('dark');
    reply('\x1b[?62c');
    expect(changes()).toBe(0);
    reply(LIGHT);
    reply(LIGHT);
    expect([background.current(), changes()]).toEqual(['light', 1]);
  });

  test('the user’s word goes before both', () => {
    const { background, reply, changes } = watch('dark', { COLORFGBG: '0;15' });
    reply(LIGHT);
    expect([background.current(), changes()]).toEqual(['dark', 0]);
  });

  test('who has stopped listening is told nothing', () => {
    const { reply, stop, changes } = watch('auto');
    stop();
    reply(LIGHT);
    expect(changes()).toBe(0);
  });
});
