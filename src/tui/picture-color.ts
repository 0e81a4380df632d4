/** Which colours the terminal's pictures may use, from its environment. */

export type PictureColor = 'truecolor' | '256';

/** Terminals that show 24 bits of colour but do not always say so in COLORTERM (over ssh it is not passed on). */
const TRUECOLOR_TERMS = /direct|truecolor|^xterm-(?:kitty|ghostty)|^(?:foot|wezterm|alacritty|contour|rio)/;

/** @returns undefined where a picture must not be drawn: colours are refused (no-color.org) or unknown */
export function toPictureColor(env: NodeJS.ProcessEnv): PictureColor | undefined {
  const { NO_COLOR = '', COLORTERM = '', TERM = '' } = env;
  if (NO_COLOR !== '' || TERM === 'dumb' || TERM === '') return undefined;
  return /truecolor|24bit/i.test(COLORTERM) || TRUECOLOR_TERMS.test(TERM) ? 'truecolor' : '256';
}
