/** Text in the theme's colours. Everything is written with it, so that it can be read on whatever the terminal's background is. */
import { Text as InkText, type TextProps as InkTextProps } from 'ink';
import { createContext, useContext } from 'react';
import { PALETTES, type Palette, type Tone } from '../theme.js';

export const PaletteContext = createContext<Palette>(PALETTES.unknown);

export interface TextProps extends Omit<InkTextProps, 'color' | 'dimColor'> {
  /** Left out = the terminal's own colour. */
  tone?: Tone | undefined;
  /** Less important than the rest; a tone goes before it. */
  dimColor?: boolean;
}

export function usePalette(): Palette {
  return useContext(PaletteContext);
}

export function Text({ tone, dimColor = false, ...rest }: TextProps) {
  const palette = usePalette();
  const shown = tone ?? (dimColor ? 'dim' : undefined);
  return <InkText {...rest} {...(shown !== undefined && { color: palette[shown] })} />;
}
