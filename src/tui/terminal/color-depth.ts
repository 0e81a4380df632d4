/** Which colours the terminal's pictures may use, from its environment. */
import type { PreviewChoice } from '../../client/settings.js';

export type PictureColor = 'truecolor' | '256';

/** Terminals that show 24 bits of colour but do not always say so in COLORTERM (over ssh it is not passed on). */
const TRUECOLOR_TERMS = /direct|truecolor|^xterm-(?:kitty|ghostty)|^(?:foot|wezterm|alacritty|contour|rio)/;

export function isTruecolor({ COLORTERM = '', TERM = '' }: NodeJS.ProcessEnv): boolean {
  return /truecolor|24bit/i.test(COLORTERM) || TRUECOLOR_TERMS.test(TERM);
}

/** Colours are refused (no-color.org), or nothing is known that could show them. */
export function isPlain({ NO_COLOR = '', TERM = '' }: NodeJS.ProcessEnv): boolean {
  return NO_COLOR !== '' || TERM === 'dumb' || TERM === '';
}

/**
 * For pictures of half blocks, without asking the terminal.
 * @returns undefined where a picture must not be drawn
 */
export function toPictureColor(env: NodeJS.ProcessEnv, choice: PreviewChoice): PictureColor | undefined {
  if (choice === 'off') return undefined;
  if (choice === '256') return '256';
  if (choice === 'halfblock') return 'truecolor';
  if (isPlain(env)) return undefined;
  return isTruecolor(env) ? 'truecolor' : '256';
}
