/** The whole UI in one row, for a terminal too small for a form. */
import { Text } from 'ink';
import { filledCells, jobWords, progressFraction } from '../progress-text.js';
import { toPromptLines } from '../prompt-lines.js';
import type { JobProgress } from '../state/job-state.js';
import { resultsOf, type State, watchedJob } from '../state/state.js';
import { THEME } from '../theme.js';

const BAR_COLUMNS = 8;
/** Below this the words need all the room. */
const BAR_FROM_COLUMNS = 46;

function toBar(progress: JobProgress | undefined, columns: number): string {
  if (progress === undefined || columns < BAR_FROM_COLUMNS) return '';
  const filled = filledCells(progressFraction(progress), BAR_COLUMNS);
  return `${'━'.repeat(filled)}${'─'.repeat(BAR_COLUMNS - filled)} `;
}

function toLine(state: State, columns: number): string {
  const { notice, form } = state;
  const job = watchedJob(state);
  if (job?.phase === 'active') return toBar(job.progress, columns) + jobWords(job);
  if (notice !== undefined) return notice.text;
  return resultsOf(state).at(-1)?.path ?? form.prompt.prompt.text;
}

export const LINE_MARK = '> ';

export function StatusLine({ state, columns }: { state: State; columns: number }) {
  const isEditing = state.form.focus === 'prompt';
  const { lines } = toPromptLines(state.form.prompt.prompt, Math.max(2, columns - LINE_MARK.length - 1), 1);
  return (
    <Text wrap="truncate">
      <Text color={THEME.accent}>{isEditing ? LINE_MARK : '● '}</Text>
      {isEditing ? lines[0] : toLine(state, columns)}
    </Text>
  );
}
