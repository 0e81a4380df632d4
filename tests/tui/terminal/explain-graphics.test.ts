import { expect, test } from 'vitest';
import type { PreviewChoice } from '../../../src/client/settings.js';
import { chooseGraphics } from '../../../src/tui/terminal/choose-graphics.js';
import { explainGraphics } from '../../../src/tui/terminal/explain-graphics.js';
import { NO_REPORT, type TerminalReport } from '../../../src/tui/terminal/probe.js';

const XTERM = { TERM: 'xterm-256color', COLORTERM: 'truecolor' };
const TMUX = { TERM: 'tmux-256color', TMUX: 'x' };
const CELL = { width: 8, height: 17 };
const LIMIT = { width: 1000, height: 996, colors: 256 };
const kittyInTmux = { version: 'kitty(0.41.1)', features: ['RGB'], passthrough: false };

test.each<[string, NodeJS.ProcessEnv, PreviewChoice, Partial<TerminalReport>, RegExp, RegExp | undefined]>([
  [
    'the best kind',
    { TERM: 'xterm-kitty' },
    'auto',
    { version: 'kitty(0.41.1)', kitty: true },
    /^kitty pictures: the best that kitty shows$/,
    undefined,
  ],
  [
    'sixel',
    XTERM,
    'auto',
    { version: 'XTerm(398)', sixel: true, cell: CELL, sixelLimit: LIMIT },
    /^sixel pictures of up to 1000×996 pixels and 256 colours: the best/,
    undefined,
  ],
  [
    'no sixel',
    XTERM,
    'auto',
    { version: 'XTerm(398)' },
    /^half blocks: sixel pictures are not possible, the terminal does not say that it knows them/,
    /terminal-ui/,
  ],
  [
    'sixel without cells',
    XTERM,
    'auto',
    { version: 'XTerm(398)', sixel: true },
    /does not say how large its cells are/,
    /terminal-ui/,
  ],
  [
    'a brand without pictures',
    { TERM: 'alacritty' },
    'auto',
    {},
    /^half blocks: Alacritty shows no other pictures/,
    /terminal-ui/,
  ],
  ['a silent terminal', XTERM, 'auto', { isComplete: false }, /did not answer in time/, /terminal-ui/],
  [
    'tmux that passes nothing through',
    TMUX,
    'auto',
    { tmux: kittyInTmux },
    /tmux does not pass them through/,
    /allow-passthrough on/,
  ],
  [
    'tmux around sixel',
    TMUX,
    'auto',
    { tmux: { ...kittyInTmux, version: 'XTerm(398)' } },
    /tmux drops them when text changes/,
    /terminal-ui/,
  ],
  ['an old tmux', TMUX, 'auto', {}, /tmux does not say what terminal is around it/, /terminal-ui/],
  [
    'NO_COLOR',
    { ...XTERM, NO_COLOR: '1' },
    'auto',
    { version: 'XTerm(398)' },
    /^no pictures: NO_COLOR is set.*--preview halfblock/,
    undefined,
  ],
  [
    'NO_COLOR, and a word',
    { ...XTERM, NO_COLOR: '1' },
    'halfblock',
    {},
    /^half blocks: --preview halfblock$/,
    undefined,
  ],
  ['no pictures wanted', XTERM, 'off', {}, /--preview off/, undefined],
  ['a dumb terminal', { TERM: 'dumb' }, 'auto', {}, /TERM names no terminal/, undefined],
])('%s', (_, env, choice, told, text, advice) => {
  const report = { ...NO_REPORT, isComplete: true, ...told };
  const explained = explainGraphics(choice, env, report, chooseGraphics(choice, env, report));
  expect(explained.text).toMatch(text);
  if (advice === undefined) expect(explained.advice).toBeUndefined();
  else expect(explained.advice).toMatch(advice);
});
