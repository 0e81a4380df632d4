/** Text of others as a terminal may have it: letters, and no control of the cursor, the window's name or the clipboard. */
export function toPrintable(text: string): string {
  return text.replace(/[^\P{Control}\n\t]/gu, '');
}
