/** However the terminal UI ends, the shell gets its terminal back as it was. */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { begin, expectRestored, makeTuiHome } from '../support/tui-terminal.js';

// Longer than the terminal's patience, which says what was on screen.
vi.setConfig({ testTimeout: 150_000 });

/** Long enough to be in the middle of. */
const LONG = ['-s', '100', '-w', '512', '-h', '512'];
const CRASHING = { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/crash-on-signal.mjs')}` };

test('Ctrl-C, when nothing runs', async () => {
  const terminal = (await makeTuiHome()).open([], { thenStty: true });
  await terminal.shows('Describe a picture');
  terminal.type('\x03');
  expect(await terminal.exited).toBe(0);
  await expectRestored(terminal);
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s in the middle of a picture', async (signal, code) => {
  const home = await makeTuiHome();
  const terminal = home.open(LONG, { thenStty: true });
  await begin(terminal, 'a lake');
  terminal.kill(signal);
  expect(await terminal.exited).toBe(code);
  await expectRestored(terminal);
  expect(await home.saved()).toEqual([]);
});

test('a crash in the middle of a picture is told behind it', async () => {
  const terminal = (await makeTuiHome()).open(LONG, { thenStty: true, env: CRASHING });
  await begin(terminal, 'a lake');
  terminal.kill('SIGUSR2');
  expect(await terminal.exited).not.toBe(0);
  await expectRestored(terminal);
  expect(terminal.text()).toContain('a bug, as the test ordered');
});
