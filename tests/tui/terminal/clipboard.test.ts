import { expect, test } from 'vitest';
import { toClipboardBytes } from '../../../src/tui/terminal/clipboard.js';
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
