/** The whole UI in one row, for a terminal too small for a form. */
import { basename } from 'node:path';
import { cellWidth } from '../cell-width.js';
import type { Command } from '../key-bindings.js';
import { joinKeys, type KeyNames } from '../key-help.js';
import { filledCells, jobWords, progressFraction } from '../progress-text.js';
import { toPromptLines } from '../prompt-lines.js';
import { contextOf } from '../state/context.js';
import { editedOf } from '../state/form-state.js';
import type { JobProgress } from '../state/job-state.js';
import { resultsOf, type State, watchedJob } from '../state/state.js';
import { fitWords, type LostWords } from './retry-countdown.js';
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
function unseenWords(state: State, keys: KeyNames): string | undefined {
  const { overlay, screen, cull, form } = state;
  const context = contextOf(state);
  const say = (words: string, command: Command, does: string) =>
    [words, joinKeys([keys(command, context), does])].filter(Boolean).join(' · ');
  const back = (words: string) => say(words, 'close', 'back');
  if (overlay?.kind === 'quit') return back(say('not done yet', 'cancelAll', 'cancel, quit'));
  if (overlay?.kind === 'delete') return back(say(`${basename(overlay.path)} to the trash?`, 'yes', 'yes'));
  if (overlay !== undefined) return back('too small for this');
  if (form.focus === 'fields') return say('too small for the fields', 'leave', 'back');
  if (screen !== 'create') return say(`too small for the ${screen}`, 'toCreate', 'back');
  return cull === undefined ? undefined : back('too small for the sheet');
}

function toLine({ state, lost, keys, columns }: StatusLineProps): string {
  const { notice, form } = state;
  const unseen = unseenWords(state, keys);
  if (unseen !== undefined) return unseen;
  const job = watchedJob(state);
  if (lost !== undefined) {
    const retry = joinKeys([keys('retryNow', contextOf(state)), 'now']);
    return [fitWords(lost, columns - MARK_COLUMNS - cellWidth(` · ${retry}`)), retry].filter(Boolean).join(' · ');
  }
  if (job?.phase === 'active') return toBar(job.progress, columns) + jobWords(job);
  if (notice !== undefined) return notice.text;
  return resultsOf(state).at(-1)?.path ?? form.prompt.prompt.text;
}

export const LINE_MARK = '> ';

/** `● ` */
const MARK_COLUMNS = 2;

export interface StatusLineProps {
  state: State;
  lost: LostWords | undefined;
  keys: KeyNames;
  columns: number;
}

export function StatusLine(props: StatusLineProps) {
  const { state, columns } = props;
  if (contextOf(state) !== 'prompt') {
    return (
      <Text wrap="truncate">
        <Text tone="accent">{'● '}</Text>
        {toLine(props)}
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
