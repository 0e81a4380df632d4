/** What was made in this session, newest first, and the one line of trouble or advice above it. */
import { Box, Text } from 'ink';
import { cellWidth, cutStart } from '../cell-width.js';
import type { Notice, Result } from '../state.js';
import { THEME } from '../theme.js';

export function NoticeLine({ notice }: { notice: Notice }) {
  const isError = notice.kind === 'error';
  return (
    <Text wrap="truncate" color={isError ? THEME.error : THEME.warm}>
      {isError ? '✖ ' : '› '}
      {notice.text}
    </Text>
  );
}

/** By default the file's name tells the seed already. */
function seedWords({ path, seed }: Result): string {
  return path.includes(String(seed)) ? '' : ` seed ${seed}`;
}

/** Whole, over two rows if need be: it is there to be copied. */
function NewestResult({ result }: { result: Result }) {
  return (
    <Text wrap="hard">
      <Text color={THEME.done}>✔</Text> {result.path}
      <Text dimColor>{seedWords(result)}</Text>
    </Text>
  );
}

function OlderResult({ result, columns }: { result: Result; columns: number }) {
  const words = seedWords(result);
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate" dimColor>
        ✔ {cutStart(result.path, columns - cellWidth(words) - 2)}
        {words}
      </Text>
    </Box>
  );
}

export interface ResultsProps {
  results: Result[];
  notice: Notice | undefined;
  columns: number;
}

export function Results({ results, notice, columns }: ResultsProps) {
  const [newest, ...older] = results.toReversed();
  return (
    <Box flexGrow={1} flexShrink={1} flexDirection="column" overflow="hidden" paddingX={1}>
      {notice !== undefined && <NoticeLine notice={notice} />}
      {newest !== undefined && <NewestResult result={newest} />}
      {older.map((result) => (
        <OlderResult key={result.path} result={result} columns={columns - 2} />
      ))}
    </Box>
  );
}
