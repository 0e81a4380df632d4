import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askTmux, readTmuxClient } from '../../../src/tui/terminal/tmux-client.js';

describe('tmux’s line', () => {
  test.each([
    [
      'kitty(0.41.1)|256,RGB,sixel|on',
      { version: 'kitty(0.41.1)', features: ['256', 'RGB', 'sixel'], passthrough: true },
    ],
    ['XTerm(398)|bpaste,256|off\n', { version: 'XTerm(398)', features: ['bpaste', '256'], passthrough: false }],
    ['|256|all', { version: '', features: ['256'], passthrough: true }],
  ])('%j', (line, client) => {
    expect(readTmuxClient(line)).toEqual(client);
  });

  test('one that is no such line', () => {
    expect(readTmuxClient('unknown')).toBeUndefined();
  });
});

describe('a command of that name', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-tmux-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function ask(script: string) {
    const path = join(folder, 'tmux');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return askTmux({ PATH: `${folder}:${process.env.PATH}`, TMUX: 'x' });
  }

  test('is asked for its client', async () => {
    const line = 'test "$1" = display-message && test "$TMUX" = x && echo "kitty(0.41.1)|RGB|on"';
    expect(await ask(line)).toEqual({ version: 'kitty(0.41.1)', features: ['RGB'], passthrough: true });
  });

  test.each(['exit 1', 'exec sleep 60'])('that does not tell is not waited for: %s', async (script) => {
    expect(await ask(script)).toBeUndefined();
  });

  test('need not be there', async () => {
    expect(await askTmux({ PATH: folder })).toBeUndefined();
  });
});
