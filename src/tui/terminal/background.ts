/** Whether the terminal is light or dark: the user's word, else what it answers (OSC 11), else what its environment says. */
import type { ThemeChoice } from '../../client/settings.js';
import type { Background } from '../theme.js';

export interface BackgroundWatch {
  current(): Background;
  /** An answer may come long after the question. @returns how to stop listening */
  subscribe(listener: () => void): () => void;
}

/** Asks for the colour of the background (xterm, "Change VT100 text background color"). */
export const BACKGROUND_QUERY = '\x1b]11;?\x1b\\';

/** Where black and white text have the same contrast: (L + 0.05) / 0.05 = 1.05 / (L + 0.05). */
const MIDDLE_LUMINANCE = Math.sqrt(1.05 * 0.05) - 0.05;

/** @param onReply the stdin filter's: terminals' replies, one by one */
export function watchBackground(
  choice: ThemeChoice,
  env: NodeJS.ProcessEnv,
  onReply: (listener: (reply: string) => void) => void,
): BackgroundWatch {
  const listeners = new Set<() => void>();
  let background: Background = choice === 'auto' ? backgroundOfEnv(env) : choice;
  onReply((reply) => {
    const answer = readBackground(reply);
    if (choice !== 'auto' || answer === undefined || answer === background) return;
    background = answer;
    for (const listener of listeners) listener();
  });
  return {
    current: () => background,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `OSC 11 ; rgb:RRRR/GGGG/BBBB`, with one to four digits each. @returns undefined when it is another reply */
export function readBackground(reply: string): Background | undefined {
  // The first character is the escape.
  const [, ...channels] = /^.\]11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(reply) ?? [];
  if (channels.length === 0) return undefined;
  const [red, green, blue] = channels.map((digits) => Number.parseInt(digits, 16) / (16 ** digits.length - 1));
  return luminanceOf(red, green, blue) > MIDDLE_LUMINANCE ? 'light' : 'dark';
}

/** rxvt and others set `COLORFGBG` to the numbers of their colours, the background's last: 7 and 9 to 15 are light. */
export function backgroundOfEnv({ COLORFGBG = '', TERM = '' }: NodeJS.ProcessEnv): Background {
  const number = /;(\d{1,2})$/.exec(COLORFGBG)?.[1];
  if (number !== undefined && Number(number) <= 15)
    return ['7', '9', '10', '11', '12', '13', '14', '15'].includes(number) ? 'light' : 'dark';
  return TERM === 'linux' ? 'dark' : 'unknown';
}

/** Relative luminance (WCAG 2.2) of channels from 0 to 1. */
function luminanceOf(...channels: [number, number, number]): number {
  const [red, green, blue] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
