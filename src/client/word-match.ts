/** How a list is narrowed by typed words, the same for prompts, pickers and pictures. */

/** Tells whether every word of the query is somewhere in a text, in any case; without words every text has them. */
export function toWordMatcher(query: string): (text: string) => boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => {
    const lowered = text.toLowerCase();
    return words.every((word) => lowered.includes(word));
  };
}
