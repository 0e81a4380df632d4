/** The UI's few colours: the red of a darkroom's lamp for what is alive, plain text for what is read. */

/** Of the terminal; unknown = it does not say. */
export type Background = 'dark' | 'light' | 'unknown';

export interface Palette {
  accent: string;
  warm: string;
  done: string;
  error: string;
  /** What is less important than the rest; not SGR 2, whose contrast is each terminal's own affair. */
  dim: string;
}

/** A colour by what it means. */
export type Tone = keyof Palette;

/**
 * All have a contrast of 4.5 : 1 or more (WCAG 2.2, 1.4.3): on black, on white, and where the background is unknown, on both.
 * The first two keep it when chalk takes them to xterm's 256 colours.
 */
export const PALETTES: Record<Background, Palette> = {
  dark: { accent: '#ff7a66', warm: '#ffb86c', done: '#8fce9a', error: '#ff6b6b', dim: '#a0a0a0' },
  light: { accent: '#b01800', warm: '#7a4600', done: '#0b6b19', error: '#b4003c', dim: '#5c5c5c' },
  unknown: { accent: '#e81400', warm: '#947000', done: '#527f4e', error: '#e41850', dim: '#767676' },
};
