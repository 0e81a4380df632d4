/** The text part of Create: prompts, parameters, the job on screen and what was saved. */
import { Box } from 'ink';
import type { KeyNames } from '../key-help.js';
import type { Layout } from '../layout.js';
import { contextOf } from '../state/context.js';
import { modelOf } from '../state/form-state.js';
import { activeJobs, resultsOf, type State, watchedJob } from '../state/state.js';
import { FieldPanel } from './field-panel.js';
import { JobProgress } from './job-progress.js';
import { NegativeLine } from './negative-line.js';
import { ParamsStrip } from './params-strip.js';
import { PromptField } from './prompt-field.js';
import { Results } from './results.js';
import type { LostWords } from './retry-countdown.js';

export interface CreateFormProps {
  state: State;
  layout: Layout;
  lost: LostWords | undefined;
  keys: KeyNames;
}

export function CreateForm({ state, layout, lost, keys }: CreateFormProps) {
  const { form: box, gap, promptRows, paramRows, jobRows } = layout;
  const { form, notice } = state;
  const job = watchedJob(state);
  const others = activeJobs(state).length - (job?.phase === 'active' ? 1 : 0);
  const place = { width: box.columns, height: box.rows, marginTop: gap, marginLeft: box.column, flexShrink: 0 };
  return (
    <Box {...place} flexDirection="column" gap={gap} overflow="hidden">
      <Box flexDirection="column" flexShrink={0}>
        <PromptField
          prompt={form.prompt.prompt}
          frame={{ columns: box.columns, rows: promptRows + 2 }}
          hasFocus={form.focus === 'prompt'}
          placeholder="Describe a picture…"
        />
        <NegativeLine prompt={form.negative.prompt} columns={box.columns} hasFocus={form.focus === 'negative'} />
      </Box>
      {form.focus === 'fields' ? (
        <FieldPanel state={state} columns={box.columns} rows={layout.fieldRows} />
      ) : (
        <ParamsStrip
          values={form.values}
          branchStep={form.branch?.step}
          model={modelOf(form, state.capabilities)}
          columns={box.columns}
          rows={paramRows}
        />
      )}
      {!(form.focus === 'fields' && layout.isPanelOverJob) && (
        <JobProgress job={job} isLost={lost !== undefined} others={others} columns={box.columns} rows={jobRows} />
      )}
      <Results
        lost={lost && { words: lost[0], key: keys('retryNow', contextOf(state)) }}
        results={resultsOf(state)}
        notice={notice}
        expansion={form.focus === undefined ? undefined : state.expansion}
        columns={box.columns}
      />
    </Box>
  );
}
