/** Where the words of a list's search go on; a shape, so that it is seen without colours, too. */
import { Text } from './text.js';

export function QueryCaret() {
  return <Text tone="accent">▏</Text>;
}
