/** The job on screen: a bar, what it says in words, which of its pictures it is at, and how many wait behind it. */
import { Box } from 'ink';
import { filledCells, jobWords, pictureText, progressFraction } from '../progress-text.js';
import type { Job } from '../state/job-state.js';
import { Text } from './text.js';

export function Bar({ fraction, columns }: { fraction: number; columns: number }) {
  const filled = filledCells(fraction, columns);
  return (
    <Text wrap="truncate">
      <Text tone="accent">{'━'.repeat(filled)}</Text>
      <Text dimColor>{'─'.repeat(columns - filled)}</Text>
    </Text>
  );
}

const PERCENT_COLUMNS = 5;

export interface JobProgressProps {
  job: Job | undefined;
  /** Jobs that wait or run besides this one. */
  others: number;
  columns: number;
  /** The third tells which of several pictures it is. */
  rows: 2 | 3;
}

export function JobProgress({ job, others, columns, rows }: JobProgressProps) {
  const progress = job?.progress;
  const fraction = progress === undefined ? 0 : progressFraction(progress);
  const more = [progress && pictureText(progress), others > 0 && `${others} more in the queue`].filter(Boolean);
  return (
    <Box flexShrink={0} height={rows} flexDirection="column" paddingX={1} overflow="hidden">
      {job?.phase === 'active' && (
        <>
          <Box flexShrink={0}>
            <Bar fraction={fraction} columns={Math.max(1, columns - 2 - PERCENT_COLUMNS)} />
            <Text tone="warm">{`${Math.floor(fraction * 100)}%`.padStart(PERCENT_COLUMNS)}</Text>
          </Box>
          <Text wrap="truncate">{jobWords(job)}</Text>
          {rows === 3 && <Text dimColor>{more.join(' · ')}</Text>}
        </>
      )}
    </Box>
  );
}
