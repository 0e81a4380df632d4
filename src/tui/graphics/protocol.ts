/** The ways to show a picture in a terminal. */
import type { PictureColor } from '../terminal/color-depth.js';
import type { SixelLimit } from '../terminal/sixel-room.js';

/**
 * - `kitty`: placeholders, where the terminal knows them; they live through tmux
 * - `kitty-place`: the older way, by place
 * - `halfblock`: text in 24-bit colours; `256`: text in xterm's palette
 */
export type Protocol = 'kitty' | 'kitty-place' | 'iterm2' | 'sixel' | 'halfblock' | '256';

/** As people are told. */
export const PROTOCOL_NAMES: Record<Protocol, string> = {
  kitty: 'kitty pictures',
  'kitty-place': 'kitty pictures',
  iterm2: 'iTerm2 pictures',
  sixel: 'sixel pictures',
  halfblock: 'half blocks',
  '256': 'half blocks in 256 colours',
};

/** How this terminal shows pictures. */
export interface Graphics {
  protocol: Protocol;
  /** What a plainer kind of picture can use; none = its characters must have no colours. */
  color: PictureColor | 'none';
  /** Of sixel pictures; left out = what terminals usually take. */
  sixelLimit?: SixelLimit;
  /** Behind ssh: bytes are dear. */
  isRemote: boolean;
  /** Escapes must be wrapped for the terminal around tmux. */
  inTmux: boolean;
}

/** Pictures as text, in the colours that the terminal has. */
export function toTextProtocol(color: PictureColor): Protocol {
  return color === '256' ? '256' : 'halfblock';
}

/** What costs the terminal less; undefined below the plainest. */
export function stepDown(graphics: Graphics): Graphics | undefined {
  if (graphics.protocol === '256') return undefined;
  const { protocol, color } = graphics;
  if (color === 'none') return undefined;
  return { ...graphics, protocol: protocol === 'halfblock' ? '256' : toTextProtocol(color) };
}
