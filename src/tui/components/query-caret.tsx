/** Where the words of a list's search go on; a shape, so that it is seen without colours, too. */
import { Text } from 'ink';
import { THEME } from '../theme.js';

export function QueryCaret() {
  return <Text color={THEME.accent}>▏</Text>;
}
