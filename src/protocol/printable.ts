/** Text of others as a terminal may have it: letters, and no control of the cursor, the window's name or the clipboard. */
export function toPrintable(text: string): string {
  return text.replace(/[^\P{Control}\n\t]/gu, '');
}

/** For `JSON.parse`: what a server says goes to a terminal sooner or later. */
export function toPrintableValue(_: string, value: unknown): unknown {
  return typeof value === 'string' ? toPrintable(value) : value;
}
