/** The whole UI in one row, for a terminal too small for a form. */
import { basename } from 'node:path';
import { filledCells, jobWords, progressFraction } from '../progress-text.js';
import { toPromptLines } from '../prompt-lines.js';
import { contextOf } from '../state/context.js';
import { editedOf } from '../state/form-state.js';
import type { JobProgress } from '../state/job-state.js';
import { resultsOf, type State, watchedJob } from '../state/state.js';
import { Text } from './text.js';

const PLACEHOLDERS = { prompt: 'Describe a picture…', negative: 'What to keep out…' };

const BAR_COLUMNS = 8;
/** Below this the words need all the room. */
const BAR_FROM_COLUMNS = 46;

function toBar(progress: JobProgress | undefined, columns: number): string {
  if (progress === undefined || columns < BAR_FROM_COLUMNS) return '';
  const filled = filledCells(progressFraction(progress), BAR_COLUMNS);
  return `${'━'.repeat(filled)}${'─'.repeat(BAR_COLUMNS - filled)} `;
}

/** What there is no room for is at least said, and how to get away from it. */
function unseenWords({ overlay, screen, cull, form }: State): string | undefined {
  if (overlay?.kind === 'quit') return 'not done yet · x cancel, quit · esc back';
  if (overlay?.kind === 'delete') return `${basename(overlay.path)} to the trash? y · esc`;
  if (overlay !== undefined) return 'too small for this · esc back';
  if (form.focus === 'fields') return 'too small for the fields · esc back';
  if (screen !== 'create') return `too small for the ${screen} · 1 back`;
  return cull === undefined ? undefined : 'too small for the sheet · esc back';
}

function toLine(state: State, columns: number): string {
  const { notice, form } = state;
  const unseen = unseenWords(state);
  if (unseen !== undefined) return unseen;
  const job = watchedJob(state);
  if (job?.phase === 'active') return toBar(job.progress, columns) + jobWords(job);
  if (notice !== undefined) return notice.text;
  return resultsOf(state).at(-1)?.path ?? form.prompt.prompt.text;
}

export const LINE_MARK = '> ';

export function StatusLine({ state, columns }: { state: State; columns: number }) {
  if (contextOf(state) !== 'prompt') {
    return (
      <Text wrap="truncate">
        <Text tone="accent">{'● '}</Text>
        {toLine(state, columns)}
      </Text>
    );
  }
  const { text, cursor } = editedOf(state.form);
  const { lines } = toPromptLines({ text, cursor }, Math.max(2, columns - LINE_MARK.length - 1), 1);
  return (
    <Text wrap="truncate">
      <Text tone="accent">{LINE_MARK}</Text>
      {text === '' ? (
        <Text dimColor>{PLACEHOLDERS[state.form.focus === 'negative' ? 'negative' : 'prompt']}</Text>
      ) : (
        lines[0]
      )}
    </Text>
  );
}
