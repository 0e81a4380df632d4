/** The text part of the screen, from the prompt to the saved paths; the help page takes its place. */
import { Box } from 'ink';
import type { WelcomeMessage } from '../../protocol/messages.js';
import type { Layout } from '../layout.js';
import type { State } from '../state.js';
import { Help } from './help.js';
import { JobProgress } from './job-progress.js';
import { ParamsStrip } from './params-strip.js';
import { PromptField } from './prompt-field.js';
import { Results } from './results.js';

export interface FormProps {
  state: State;
  layout: Layout;
  capabilities: WelcomeMessage['capabilities'];
}

export function Form({ state, layout, capabilities }: FormProps) {
  const { form, gap, promptRows } = layout;
  const { params, job, last, results, notice } = state;
  const model = capabilities.models.find(({ id }) => id === params.model) ?? capabilities.models[0];
  const seed = job === undefined ? undefined : last?.seed;
  const place = { width: form.columns, height: form.rows, marginTop: gap, marginLeft: form.column, flexShrink: 0 };
  return (
    <Box {...place} flexDirection="column" gap={gap} overflow="hidden">
      {state.help ? (
        <Help columns={form.columns} />
      ) : (
        <>
          <PromptField
            prompt={state.prompt}
            frame={{ ...form, rows: promptRows + 2 }}
            hasFocus={state.focus === 'prompt'}
          />
          <ParamsStrip params={params} seed={seed} model={model} columns={form.columns} rows={gap === 1 ? 2 : 1} />
          <JobProgress job={job} columns={form.columns} rows={gap === 1 ? 3 : 2} />
          <Results results={results} notice={notice} columns={form.columns} />
        </>
      )}
    </Box>
  );
}
