/** Copies through the terminal (OSC 52), so that it works over ssh, too: whether it did, no terminal tells. */
import { wrapForTmux } from '../graphics/tmux.js';

/**
 * The bytes that ask the terminal to take the text.
 * @param inTmux tmux may listen itself (`set-clipboard on`) or pass it on (`allow-passthrough on`): both are asked
 */
export function toClipboardBytes(text: string, inTmux: boolean): string {
  const copy = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;
  return inTmux ? copy + wrapForTmux(copy) : copy;
}
