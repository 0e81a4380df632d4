/** Which colours the terminal's pictures may use, from its environment. */
import type { PreviewChoice } from '../../client/settings.js';

export type PictureColor = 'truecolor' | '256';

/** In the place of a picture that is left out because of NO_COLOR. */
export const NO_COLOR_WORDS = 'NO_COLOR is set, and pictures here are made of colours: --preview halfblock shows them';

/** Terminals that show 24 bits of colour but do not always say so in COLORTERM (over ssh it is not passed on). */
const TRUECOLOR_TERMS = /direct|truecolor|^xterm-(?:kitty|ghostty)|^(?:foot|wezterm|alacritty|contour|rio)/;

export function isTruecolor({ COLORTERM = '', TERM = '' }: NodeJS.ProcessEnv): boolean {
  return /truecolor|24bit/i.test(COLORTERM) || TRUECOLOR_TERMS.test(TERM);
}

/** Text is to have no colours (no-color.org). Pictures that are no text may be shown all the same. */
export function refusesColor({ NO_COLOR = '' }: NodeJS.ProcessEnv): boolean {
  return NO_COLOR !== '';
}

/** Nothing is known that could show a picture, or answer a question. */
export function isDumb({ TERM = '' }: NodeJS.ProcessEnv): boolean {
  return TERM === 'dumb' || TERM === '';
}

/**
 * For pictures of half blocks, without asking the terminal.
 * @returns undefined where a picture must not be drawn
 */
export function toPictureColor(env: NodeJS.ProcessEnv, choice: PreviewChoice): PictureColor | undefined {
  if (choice === 'off') return undefined;
  if (choice === '256') return '256';
  if (choice === 'halfblock') return 'truecolor';
  if (refusesColor(env) || isDumb(env)) return undefined;
  return isTruecolor(env) ? 'truecolor' : '256';
}
