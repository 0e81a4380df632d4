/** Escapes for the terminal around tmux: tmux passes them on unread, where `allow-passthrough` lets it. */

export function wrapForTmux(sequence: string): string {
  return `\x1bPtmux;${sequence.replaceAll('\x1b', '\x1b\x1b')}\x1b\\`;
}
