/** Copies through the terminal, so that it works over ssh, too. tmux confirms it; no terminal confirms what OSC 52 did. */
import { wrapForTmux } from '../graphics/tmux.js';
import { loadTmuxBuffer } from './tmux-client.js';

/** Where a text is now, as in "The path is …". */
export type CopyWords = 'copied in tmux and sent to the terminal' | 'sent to the terminal’s clipboard';

/**
 * The bytes that ask the terminal to take the text.
 * @param inTmux tmux may listen itself (`set-clipboard on`) or pass it on (`allow-passthrough on`): both are asked
 */
export function toClipboardBytes(text: string, inTmux: boolean): string {
  const copy = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;
  return inTmux ? copy + wrapForTmux(copy) : copy;
}

/** @param write to the terminal  @returns what may be said of it: no more than is known */
export async function copyText(
  text: string,
  env: NodeJS.ProcessEnv,
  inTmux: boolean,
  write: (bytes: string) => void,
): Promise<CopyWords> {
  if (inTmux && (await loadTmuxBuffer(env, text))) return 'copied in tmux and sent to the terminal';
  write(toClipboardBytes(text, inTmux));
  return 'sent to the terminal’s clipboard';
}
