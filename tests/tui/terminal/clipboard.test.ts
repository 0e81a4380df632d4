import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyText, toClipboardBytes } from '../../../src/tui/terminal/clipboard.js';
import { unwrapTmux } from '../../support/picture-escapes.js';

test('the text is copied as it is', () => {
  const bytes = toClipboardBytes('out/湖.png', false);
  expect(bytes).toBe(`\x1b]52;c;${Buffer.from('out/湖.png').toString('base64')}\x07`);
});

test('inside tmux the terminal around it is asked, too', () => {
  const plain = toClipboardBytes('x', false);
  const bytes = toClipboardBytes('x', true);
  expect(bytes.startsWith(plain)).toBe(true);
  expect(unwrapTmux(bytes)).toBe(plain + plain);
});

const SENT = 'sent to the terminal’s clipboard';

/** @param script what a `tmux` on the path does */
async function copyInTmux(script: string): Promise<{ words: string; written: string; loaded: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-copy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'tmux'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'tmux'), 0o755);
  let written = '';
  const env = { PATH: `${folder}:${process.env.PATH}`, LOADED: join(folder, 'loaded') };
  const words = await copyText('out/湖.png', env, true, (bytes) => {
    written += bytes;
  });
  return { words, written, loaded: await readFile(env.LOADED, 'utf8').catch(() => '') };
}

test('tmux takes it itself, whatever it does with the escapes of programs', async () => {
  const { words, written, loaded } = await copyInTmux('test "$*" = "load-buffer -w -" && cat > "$LOADED"');
  expect([words, written, loaded]).toEqual(['copied in tmux and sent to the terminal', '', 'out/湖.png']);
});

test.each(['exit 1', 'echo "unknown flag -w" >&2; exit 1', 'exec sleep 60'])(
  'one that does not (%s) has it sent',
  async (script) => {
    const { words, written } = await copyInTmux(script);
    expect([words, written]).toEqual([SENT, toClipboardBytes('out/湖.png', true)]);
  },
);

test('without tmux nothing is known but that it was sent', async () => {
  let written = '';
  const words = await copyText('x', {}, false, (bytes) => {
    written += bytes;
  });
  expect([words, written]).toEqual([SENT, toClipboardBytes('x', false)]);
});
