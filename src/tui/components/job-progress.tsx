/** The job on screen: a bar, what it says in words, which of its pictures it is at, how many wait behind it, and its seed. */
import { Box } from 'ink';
import { filledCells, jobWords, pictureText, progressFraction } from '../progress-text.js';
import type { Job } from '../state/job-state.js';
import { toWordLines } from './params-strip.js';
import { Text } from './text.js';

function Bar({ fraction, columns, isLost }: { fraction: number; columns: number; isLost: boolean }) {
  const filled = filledCells(fraction, columns);
  return (
    <Text wrap="truncate">
      <Text tone={isLost ? undefined : 'accent'} dimColor={isLost}>
        {'━'.repeat(filled)}
      </Text>
      <Text dimColor>{'─'.repeat(columns - filled)}</Text>
    </Text>
  );
}

const PERCENT_COLUMNS = 5;

export interface JobProgressProps {
  job: Job | undefined;
  /** The connection is down: where the job is now is not known. */
  isLost: boolean;
  /** Jobs that wait or run besides this one. */
  others: number;
  columns: number;
  /** The third tells which of several pictures it is. */
  rows: 2 | 3;
}

/** The seed stands here, not among the parameters: those are of the next picture, whose seed may be free. */
function moreWords({ progress, request }: Job, others: number): string[] {
  const picture = progress === undefined ? '' : pictureText(progress);
  const waiting = others > 0 ? `${others} more in the queue` : '';
  const seed = request.seed === undefined ? '' : `seed ${request.seed}`;
  return [picture, waiting, seed].filter((words) => words !== '');
}

export function JobProgress({ job, isLost, others, columns, rows }: JobProgressProps) {
  const progress = job?.progress;
  const fraction = progress === undefined ? 0 : progressFraction(progress);
  return (
    <Box flexShrink={0} height={rows} flexDirection="column" paddingX={1} overflow="hidden">
      {job?.phase === 'active' && (
        <>
          <Box flexShrink={0}>
            <Bar fraction={fraction} columns={Math.max(1, columns - 2 - PERCENT_COLUMNS)} isLost={isLost} />
            <Text tone={isLost ? undefined : 'warm'} dimColor={isLost}>
              {`${Math.floor(fraction * 100)}%`.padStart(PERCENT_COLUMNS)}
            </Text>
          </Box>
          <Text wrap="truncate">{jobWords(job, isLost)}</Text>
          {rows === 3 && (
            <Text dimColor wrap="truncate">
              {toWordLines(moreWords(job, others), columns - 2)[0] ?? ''}
            </Text>
          )}
        </>
      )}
    </Box>
  );
}
