/** What was made in this session, newest first, and the one line of trouble or advice above it. */
import { Box } from 'ink';
import { cellWidth, cutStart } from '../cell-width.js';
import { joinKeys } from '../key-help.js';
import type { Result } from '../state/job-state.js';
import type { Expansion, Notice } from '../state/state.js';
import { Text } from './text.js';

/** @param isWhole over as many rows as it needs */
export function NoticeLine({ notice, isWhole = false }: { notice: Notice; isWhole?: boolean }) {
  const isError = notice.kind === 'error';
  return (
    <Text wrap={isWhole ? 'wrap' : 'truncate'} tone={isError ? 'error' : 'warm'}>
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
      <Text tone="done">✔</Text> {result.path}
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

/** What the wildcards stand for this time. */
function ExpansionLine({ expansion: { texts, trouble } }: { expansion: Expansion }) {
  const [prompt, negative] = texts;
  return (
    <Text wrap="wrap" tone={trouble === undefined ? undefined : 'error'} dimColor={trouble === undefined}>
      {trouble ?? `→ ${[prompt, negative].filter(Boolean).join(' − ').replaceAll('\n', ' ')}`}
    </Text>
  );
}

/** What happens to a lost connection, and the key that does not wait for it. */
function LostLine({ words, key }: { words: string; key: string | undefined }) {
  return (
    <Text wrap="wrap" tone="warm">
      {[`○ ${words}`, joinKeys([key, 'retries now'])].filter(Boolean).join(' · ')}
    </Text>
  );
}

export interface ResultsProps {
  lost: { words: string; key: string | undefined } | undefined;
  results: Result[];
  notice: Notice | undefined;
  expansion: Expansion | undefined;
  columns: number;
}

export function Results({ lost, results, notice, expansion, columns }: ResultsProps) {
  const [newest, ...older] = results.toReversed();
  return (
    <Box flexGrow={1} flexShrink={1} flexDirection="column" overflow="hidden" paddingX={1}>
      {lost !== undefined && LostLine(lost)}
      {expansion !== undefined && <ExpansionLine expansion={expansion} />}
      {notice !== undefined && <NoticeLine notice={notice} isWhole />}
      {newest !== undefined && <NewestResult result={newest} />}
      {older.map((result) => (
        <OlderResult key={result.path} result={result} columns={columns - 2} />
      ))}
    </Box>
  );
}
