/** iTerm2's inline images: a whole file in one escape, scaled to a box of cells by the terminal. */

/** @param file PNG or JPEG, of the box's shape */
export function toInlineImage(file: Uint8Array, { columns, rows }: { columns: number; rows: number }): string {
  const keys = `inline=1;size=${file.length};width=${columns};height=${rows};preserveAspectRatio=0;doNotMoveCursor=1`;
  return `\x1b]1337;File=${keys}:${Buffer.from(file).toString('base64')}\x07`;
}
