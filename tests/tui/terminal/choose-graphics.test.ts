import { describe, expect, test } from 'vitest';
import { PREVIEW_CHOICES } from '../../../src/client/settings.js';
import { type Graphics, stepDown } from '../../../src/tui/graphics/protocol.js';
import { BRANDS, brandOfEnv, brandOfVersion, knowsPlaceholders } from '../../../src/tui/terminal/brands.js';
import { chooseGraphics } from '../../../src/tui/terminal/choose-graphics.js';
import { toPictureColor } from '../../../src/tui/terminal/color-depth.js';
import { NO_REPORT as SILENT, type TerminalReport } from '../../../src/tui/terminal/probe.js';
import { REPLIES } from './replies.js';

const XTERM = { TERM: 'xterm-256color' };

function reportOf(name: string, more: Partial<TerminalReport> = {}): TerminalReport {
  const recorded = REPLIES.find((each) => each.name === name);
  if (recorded === undefined) throw new Error(`no recording of ${name}`);
  return { ...SILENT, ...recorded.report, ...more };
}

describe('auto', () => {
  test.each<[string, NodeJS.ProcessEnv, Graphics['protocol'], Graphics['color']]>([
    ['kitty 0.41.1', { TERM: 'xterm-kitty' }, 'kitty', 'truecolor'],
    ['xterm 398 -ti vt340', XTERM, 'sixel', 'truecolor'],
    ['xterm without graphics', XTERM, 'halfblock', 'truecolor'],
    ['Konsole 25.04.2', XTERM, 'kitty-place', 'truecolor'],
    ['screen 4.9', { TERM: 'screen-256color', STY: '1.pts', COLORTERM: 'truecolor' }, '256', '256'],
    ['xterm.js', XTERM, '256', '256'],
    ['xterm.js', { ...XTERM, COLORTERM: 'truecolor' }, 'halfblock', 'truecolor'],
    ['foot', { TERM: 'foot' }, 'sixel', 'truecolor'],
    ['a terminal that only tells its window', XTERM, 'sixel', '256'],
    ['numbers that only look like sixel’s', XTERM, '256', '256'],
    ['kitty’s protocol refused', { TERM: 'xterm-kitty' }, 'halfblock', 'truecolor'],
  ])('%s %j: %s', (name, env, protocol, color) => {
    expect(chooseGraphics('auto', env, reportOf(name))).toEqual({ protocol, color, isRemote: false, inTmux: false });
  });

  test.each<[string, NodeJS.ProcessEnv, Partial<TerminalReport>, Graphics['protocol']]>([
    ['an older kitty', { TERM: 'xterm-kitty' }, { version: 'kitty(0.26.5)', kitty: true }, 'kitty-place'],
    ['Ghostty', { TERM: 'xterm-ghostty' }, { version: 'ghostty 1.2.0', kitty: true }, 'kitty'],
    ['iTerm2', {}, { version: 'iTerm2 3.6.4', sixel: true, kitty: true }, 'iterm2'],
    ['WezTerm', {}, { version: 'WezTerm 20240203', sixel: true, kitty: true }, 'iterm2'],
    ['VS Code', { TERM_PROGRAM: 'vscode' }, { sixel: true }, 'iterm2'],
    ['VS Code with pictures switched off', { TERM_PROGRAM: 'vscode' }, {}, 'halfblock'],
    ['Windows Terminal', { WT_SESSION: 'x' }, { sixel: true, cell: { width: 10, height: 20 } }, 'sixel'],
    ['an older Windows Terminal', { WT_SESSION: 'x' }, {}, 'halfblock'],
    ['sixel without the size of cells', {}, { sixel: true }, '256'],
    ['Apple Terminal', { TERM_PROGRAM: 'Apple_Terminal' }, {}, '256'],
    ['Alacritty', { TERM: 'alacritty' }, { kitty: false }, 'halfblock'],
    ['the Linux console', { TERM: 'linux' }, {}, '256'],
    ['an unknown one with kitty’s protocol', {}, { version: 'new(1)', kitty: true }, 'kitty-place'],
    ['a variable that was inherited', { KITTY_WINDOW_ID: '1' }, { version: 'XTerm(390)' }, 'halfblock'],
  ])('%s: %s', (_, env, report, protocol) => {
    expect(chooseGraphics('auto', { ...XTERM, ...env }, { ...SILENT, ...report })?.protocol).toBe(protocol);
  });

  test.each<[string, string, string[], boolean, Graphics['protocol'], Graphics['color']]>([
    ['kitty that is passed on to', 'kitty(0.41.1)', ['RGB'], true, 'kitty', 'truecolor'],
    ['kitty that is not', 'kitty(0.41.1)', ['RGB'], false, 'halfblock', 'truecolor'],
    ['an older kitty', 'kitty(0.26.5)', ['RGB'], true, 'halfblock', 'truecolor'],
    ['xterm, whose sixel tmux drops', 'XTerm(398)', ['RGB', 'sixel'], true, 'halfblock', 'truecolor'],
    ['xterm of few colours', 'XTerm(398)', ['256'], true, '256', '256'],
    ['Konsole, whose pictures would float', 'Konsole 25.04.2', ['RGB'], true, 'halfblock', 'truecolor'],
    ['an unknown one', '', ['RGB'], true, 'halfblock', 'truecolor'],
  ])('inside tmux: %s', (_, version, features, passthrough, protocol, color) => {
    const report = reportOf('tmux 3.5a', { tmux: { version, features, passthrough } });
    const env = {
      TERM: 'tmux-256color',
      TMUX: '/tmp/tmux-0/default,1,0',
      KITTY_WINDOW_ID: '1',
      COLORTERM: 'truecolor',
    };
    expect(chooseGraphics('auto', env, report)).toEqual({ protocol, color, isRemote: false, inTmux: true });
  });

  test('a tmux that tells nothing has half blocks', () => {
    const env = { TERM: 'tmux-256color', TMUX: 'x', COLORTERM: 'truecolor' };
    expect(chooseGraphics('auto', env, reportOf('tmux 3.5a'))?.protocol).toBe('halfblock');
  });

  test.each([{ TERM: 'dumb' }, { TERM: '' }])('none under %j', (env) => {
    expect(chooseGraphics('auto', env, reportOf('kitty 0.41.1'))).toBeUndefined();
  });

  test.each<[string, string | undefined]>([
    ['kitty 0.41.1', 'kitty'],
    ['xterm 398 -ti vt340', 'sixel'],
    ['xterm without graphics', undefined],
    ['xterm.js', undefined],
  ])('under NO_COLOR %s shows %s: pictures, but no characters in colours', (name, protocol) => {
    const graphics = chooseGraphics('auto', { ...XTERM, NO_COLOR: '1', COLORTERM: 'truecolor' }, reportOf(name));
    expect(graphics?.protocol).toBe(protocol);
    expect(graphics && stepDown(graphics)).toBeUndefined();
  });

  test('sixel keeps within what the terminal takes', () => {
    const sixelLimit = { width: 400, height: 300, colors: 16 };
    const report = reportOf('xterm 398 -ti vt340', { sixelLimit });
    expect(chooseGraphics('auto', XTERM, report)).toMatchObject({ protocol: 'sixel', sixelLimit });
  });

  test('over ssh it is told', () => {
    const env = { TERM: 'xterm-kitty', SSH_CONNECTION: 'a b c d' };
    expect(chooseGraphics('auto', env, reportOf('kitty 0.41.1'))).toMatchObject({ protocol: 'kitty', isRemote: true });
  });
});

describe('the user’s word', () => {
  test.each(PREVIEW_CHOICES.filter((choice) => choice !== 'auto' && choice !== 'off'))(
    '%s, even under NO_COLOR',
    (choice) => {
      const graphics = chooseGraphics(choice, { ...XTERM, NO_COLOR: '1' }, SILENT);
      expect(graphics?.protocol).toBe(choice === 'kitty' ? 'kitty-place' : choice);
    },
  );

  test('kitty means placeholders where they are known, and inside tmux', () => {
    expect(chooseGraphics('kitty', {}, reportOf('kitty 0.41.1'))?.protocol).toBe('kitty');
    expect(chooseGraphics('kitty', { TMUX: 'x' }, reportOf('tmux 3.5a'))?.protocol).toBe('kitty');
    expect(chooseGraphics('kitty', {}, reportOf('Konsole 25.04.2'))?.protocol).toBe('kitty-place');
  });

  test('off', () => {
    expect(chooseGraphics('off', { TERM: 'xterm-kitty' }, reportOf('kitty 0.41.1'))).toBeUndefined();
  });
});

describe('brands', () => {
  test('none is named twice, nor hidden by another', () => {
    const all = (field: 'terms' | 'programs' | 'variables') => BRANDS.flatMap((brand) => brand[field] ?? []);
    for (const names of [BRANDS.map(({ name }) => name), all('terms'), all('programs'), all('variables')]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test.each([
    ['kitty(0.41.1)', 'kitty'],
    ['XTerm(398)', 'xterm'],
    ['Konsole 25.04.2', 'Konsole'],
    ['ghostty 1.1.3', 'Ghostty'],
    ['iTerm2 3.5.0', 'iTerm2'],
    ['foot(1.20.2)', 'foot'],
    ['tmux 3.5a', undefined],
  ])('%s is %s', (version, name) => {
    expect(brandOfVersion(version)?.name).toBe(name);
  });

  test('TERM counts more than a program’s name, and that more than a variable', () => {
    expect(brandOfEnv({ TERM: 'foot', TERM_PROGRAM: 'iTerm.app', KITTY_WINDOW_ID: '1' })?.name).toBe('foot');
    expect(brandOfEnv({ TERM: 'xterm', TERM_PROGRAM: 'iTerm.app', KITTY_WINDOW_ID: '1' })?.name).toBe('iTerm2');
    expect(brandOfEnv({ TERM: 'xterm', LC_TERMINAL: 'iTerm2' })?.name).toBe('iTerm2');
    expect(brandOfEnv({ KITTY_WINDOW_ID: '1', KONSOLE_VERSION: '' })?.name).toBe('kitty');
    expect(brandOfEnv({ TERM: 'xterm' })).toBeUndefined();
  });

  test.each([
    ['kitty(0.28.0)', true],
    ['kitty(0.27.9)', false],
    ['kitty(1.0.0)', true],
    ['kitty', true],
  ])('%s knows placeholders: %s', (version, known) => {
    const kitty = brandOfVersion(version);
    expect(kitty && knowsPlaceholders(kitty, version)).toBe(known);
  });
});

describe('one level down', () => {
  const graphics = { isRemote: false, inTmux: false } as const;

  test.each([
    ['kitty', 'truecolor', ['halfblock', '256']],
    ['sixel', '256', ['256']],
    ['halfblock', 'truecolor', ['256']],
    ['256', '256', []],
  ] as const)('%s in %s', (protocol, color, levels) => {
    const seen: string[] = [];
    let at: Graphics | undefined = { ...graphics, protocol, color };
    for (at = stepDown(at); at !== undefined; at = stepDown(at)) seen.push(at.protocol);
    expect(seen).toEqual(levels);
  });
});

describe('without asking the terminal', () => {
  test.each<[NodeJS.ProcessEnv, Parameters<typeof toPictureColor>[1], string | undefined]>([
    [XTERM, 'auto', '256'],
    [{ ...XTERM, COLORTERM: 'truecolor' }, 'auto', 'truecolor'],
    [{ TERM: 'xterm-kitty' }, 'kitty', 'truecolor'],
    [{ ...XTERM, NO_COLOR: '1' }, 'auto', undefined],
    [{ ...XTERM, NO_COLOR: '1' }, 'halfblock', 'truecolor'],
    [{ ...XTERM, COLORTERM: 'truecolor' }, '256', '256'],
    [XTERM, 'off', undefined],
  ])('%j, %s: %s', (env, choice, color) => {
    expect(toPictureColor(env, choice)).toBe(color);
  });
});
