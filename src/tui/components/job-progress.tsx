/** The job on screen: a bar, what it says in words, which of its pictures it is at, and how many wait behind it. */
import { Box, Text } from 'ink';
import { filledCells, jobWords, pictureText, progressFraction } from '../progress-text.js';
import type { Job } from '../state/job-state.js';
import { THEME } from '../theme.js';

function Bar({ fraction, columns, isLost }: { fraction: number; columns: number; isLost: boolean }) {
  const filled = filledCells(fraction, columns);
  return (
    <Text wrap="truncate">
      <Text color={isLost ? undefined : THEME.accent} dimColor={isLost}>
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

export function JobProgress({ job, isLost, others, columns, rows }: JobProgressProps) {
  const progress = job?.progress;
  const fraction = progress === undefined ? 0 : progressFraction(progress);
  const more = [progress && pictureText(progress), others > 0 && `${others} more in the queue`].filter(Boolean);
  return (
    <Box flexShrink={0} height={rows} flexDirection="column" paddingX={1} overflow="hidden">
      {job?.phase === 'active' && (
        <>
          <Box flexShrink={0}>
            <Bar fraction={fraction} columns={Math.max(1, columns - 2 - PERCENT_COLUMNS)} isLost={isLost} />
            <Text color={isLost ? undefined : THEME.warm} dimColor={isLost}>
              {`${Math.floor(fraction * 100)}%`.padStart(PERCENT_COLUMNS)}
            </Text>
          </Box>
          <Text wrap="truncate">{jobWords(job, isLost)}</Text>
          {rows === 3 && <Text dimColor>{more.join(' · ')}</Text>}
        </>
      )}
    </Box>
  );
}
