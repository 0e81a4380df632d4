/** All jobs of this session, newest first: how far each is, and what became of it. */

import { basename } from 'node:path';
import { Box } from 'ink';
import { joinKeys, type KeyNames } from '../key-help.js';
import { jobWords, progressFraction } from '../progress-text.js';
import type { Job } from '../state/job-state.js';
import { queueJobs, type State } from '../state/state.js';
import type { Tone } from '../theme.js';
import { NoticeLine } from './results.js';
import { Text } from './text.js';

const MARKS: Record<Job['phase'], { mark: string; tone?: Tone }> = {
  active: { mark: '●', tone: 'accent' },
  completed: { mark: '✔', tone: 'done' },
  cancelled: { mark: '○' },
  failed: { mark: '✖', tone: 'error' },
};

function outcomeWords(job: Job, isLost: boolean): string {
  if (job.phase === 'active') return jobWords(job, isLost);
  if (job.phase === 'completed') return job.results.map(({ path }) => basename(path)).join(' ');
  return job.phase === 'cancelled' ? 'cancelled' : (job.trouble ?? 'failed');
}

/** `52%` of a job whose steps are told. */
function percentOf({ phase, progress }: Job): string {
  return phase === 'active' && progress !== undefined ? `${Math.floor(progressFraction(progress) * 100)}%` : '';
}

interface QueueRowProps {
  job: Job;
  isLost: boolean;
  isChosen: boolean;
  columns: number;
}

function QueueRow({ job, isLost, isChosen, columns }: QueueRowProps) {
  const { mark, tone } = MARKS[job.phase];
  const promptColumns = Math.max(10, Math.floor((columns - 8) * 0.5));
  return (
    <Box height={1} flexShrink={0}>
      <Text tone={isChosen ? 'accent' : undefined}>{isChosen ? '› ' : '  '}</Text>
      <Text tone={tone}>{mark} </Text>
      <Box width={promptColumns} flexShrink={0} marginRight={1}>
        <Text bold={isChosen} wrap="truncate">
          {job.request.prompt.replaceAll('\n', ' ')}
        </Text>
      </Box>
      <Box width={4} flexShrink={0} marginRight={1} justifyContent="flex-end">
        <Text tone="warm">{percentOf(job)}</Text>
      </Box>
      <Text dimColor={job.phase !== 'failed'} wrap="truncate">
        {outcomeWords(job, isLost)}
      </Text>
    </Box>
  );
}

function emptyWords(keys: KeyNames): string {
  const way = joinKeys([keys('edit', 'queue'), 'goes to the prompt']);
  return `Nothing was asked for yet.${way === '' ? '' : ` ${way}.`}`;
}

export interface QueueScreenProps {
  state: State;
  keys: KeyNames;
  columns: number;
  rows: number;
}

export function QueueScreen({ state, keys, columns, rows }: QueueScreenProps) {
  const jobs = queueJobs(state);
  const listRows = Math.max(1, rows - (state.notice === undefined ? 0 : 1));
  const top = Math.max(0, Math.min(state.queueRow - Math.floor(listRows / 2), jobs.length - listRows));
  return (
    <Box height={rows} width={columns} flexShrink={0} flexDirection="column" paddingX={1} overflow="hidden">
      {state.notice !== undefined && <NoticeLine notice={state.notice} />}
      {jobs.length === 0 && <Text dimColor>{emptyWords(keys)}</Text>}
      {jobs.slice(top, top + listRows).map((job, at) => (
        <QueueRow
          key={job.jobId}
          job={job}
          isLost={state.link.state === 'down'}
          isChosen={top + at === state.queueRow}
          columns={columns - 2}
        />
      ))}
    </Box>
  );
}
