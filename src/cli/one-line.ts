/** Prompts in messages: one line, and nothing in it that a terminal would obey. */
export function toOneLine(text: string): string {
  return text.replace(/[\s\p{Control}]+/gu, ' ').trim();
}
