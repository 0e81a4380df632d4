/** The whole UI in one row, for a terminal too small for a form. */
import { Text, useCursor } from 'ink';
import { cellWidth } from '../cell-width.js';
import { filledCells, progressFraction } from '../progress-text.js';
import { toPromptLines } from '../prompt-lines.js';
import type { JobProgress, State } from '../state.js';
import { THEME } from '../theme.js';
import { jobWords } from './job-progress.js';

const BAR_COLUMNS = 8;
/** Below this the words need all the room. */
const BAR_FROM_COLUMNS = 46;

function toBar(progress: JobProgress | undefined, columns: number): string {
  if (progress === undefined || columns < BAR_FROM_COLUMNS) return '';
  const filled = filledCells(progressFraction(progress), BAR_COLUMNS);
  return `${'━'.repeat(filled)}${'─'.repeat(BAR_COLUMNS - filled)} `;
}

function toLine({ job, notice, results, prompt }: State, columns: number): string {
  if (job !== undefined) return toBar(job.progress, columns) + jobWords(job);
  if (notice !== undefined) return notice.text;
  return results.at(-1)?.path ?? prompt.text;
}

export function StatusLine({ state, columns }: { state: State; columns: number }) {
  const { setCursorPosition } = useCursor();
  const isEditing = state.focus === 'prompt';
  const mark = isEditing ? '> ' : '● ';
  const { lines, caret } = toPromptLines(state.prompt, Math.max(2, columns - cellWidth(mark) - 1), 1);
  setCursorPosition(isEditing ? { x: Math.min(columns - 1, cellWidth(mark) + caret.column), y: 0 } : undefined);
  return (
    <Text wrap="truncate">
      <Text color={THEME.accent}>{mark}</Text>
      {isEditing ? lines[0] : toLine(state, columns)}
    </Text>
  );
}
