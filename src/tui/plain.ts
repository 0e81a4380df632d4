/** The UI as plain lines, for screen readers and simple terminals: no colours, no cursor games, nothing is drawn over. */
import { createInterface } from 'node:readline/promises';
import type { GenerationRequest } from '../protocol/params.js';
import type { Jobs } from './jobs.js';
import { toClock } from './progress-text.js';
import { FIELDS, type FieldName, parseTyped } from './state/fields.js';
import { issuesOf } from './state/form-state.js';
import { isActive, type Job } from './state/job-state.js';
import { withHires, withMoreSteps, withVariations } from './state/request.js';
import { activeJobs, type State } from './state/state.js';
import type { Store } from './store.js';
import type { Submit } from './submit.js';

export interface PlainDeps {
  store: Store;
  jobs: Pick<Jobs, 'start' | 'cancelAll' | 'settled'>;
  submit: Submit;
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}

const WELCOME = 'Type what to draw and press Enter. :help tells the other words, :q ends.';
const HELP = [
  ':r makes the last picture again, :R with a new seed, :v variations, :+ with more steps, :u larger',
  ':not WORDS keeps something out of the picture',
  ':set NAME VALUE changes a parameter, :set NAME takes it back, :set lists them',
  ':x cancels what runs, :jobs tells what there is, :q quits',
];

/** Runs until :q, the end of the input or the signal. */
export async function runPlain({ store, jobs, submit, input, output, signal }: PlainDeps): Promise<void> {
  const say = (line: string) => void output.write(`${line}\n`);
  const stop = store.subscribe(createTeller(store, say));
  const lines = createInterface({ input, terminal: false });
  const close = () => lines.close();
  signal.addEventListener('abort', close, { once: true });
  say(WELCOME);
  try {
    for await (const line of lines) {
      if (line.trim() === ':q') break;
      obey(line.trim(), { store, jobs, submit, say });
    }
    jobs.cancelAll();
    await jobs.settled();
  } finally {
    signal.removeEventListener('abort', close);
    lines.close();
    stop();
  }
}

type Told = Pick<PlainDeps, 'store' | 'jobs' | 'submit'> & { say(line: string): void };

function obey(line: string, told: Told): void {
  const { store, submit, say } = told;
  if (line === '') return;
  if (!line.startsWith(':')) {
    store.dispatch({ type: 'focus', on: 'prompt' });
    store.dispatch({ type: 'setText', text: line });
    submit();
    return;
  }
  const [word = '', ...rest] = line.slice(1).split(/\s+/);
  const command = COMMANDS[word];
  if (command === undefined) say(`There is no :${word}. :help tells what there is.`);
  else command(told, rest);
}

const again = (change: (request: GenerationRequest) => GenerationRequest | undefined) => {
  return ({ store, jobs, say }: Told) => {
    const request = store.getState().jobs.at(-1)?.request;
    const next = request && change(request);
    if (next === undefined) say(request === undefined ? 'Nothing to repeat yet.' : 'It is as large as it gets.');
    else jobs.start(next);
  };
};

const COMMANDS: Record<string, (told: Told, words: string[]) => void> = {
  r: again((request) => request),
  R: again((request) => ({ ...request, seed: undefined })),
  v: again((request) => withVariations(request, Math.floor(Math.random() * 2 ** 32))),
  '+': again(withMoreSteps),
  u: again(withHires),
  help: ({ say }) => HELP.forEach(say),
  not({ store }, words) {
    store.dispatch({ type: 'focus', on: 'negative' });
    store.dispatch({ type: 'setText', text: words.join(' ') });
  },
  set: setField,
  x({ store, jobs, say }) {
    if (activeJobs(store.getState()).length === 0) say('Nothing runs.');
    jobs.cancelAll();
  },
  jobs({ store, say }) {
    const { jobs } = store.getState();
    if (jobs.length === 0) say('There are no jobs yet.');
    for (const job of jobs) say(`${job.phase}: ${job.request.prompt}`);
  },
};

function setField({ store, say }: Told, [name, ...words]: string[]): void {
  const field = FIELDS.find((each) => each.name === name);
  const parsed = field && parseTyped(field, words.join(' '));
  if (name === undefined) listFields(store.getState(), say);
  else if (field === undefined) say(`There is no parameter ${name}.`);
  else if (parsed === undefined) say(`${words.join(' ')} is not a number.`);
  else takeField({ store, say }, field.name, parsed.value);
}

function takeField(
  { store, say }: Pick<Told, 'store' | 'say'>,
  name: FieldName,
  value: string | number | undefined,
): void {
  store.dispatch({ type: 'setField', name, value });
  const { form, capabilities } = store.getState();
  const issue = issuesOf(form, capabilities).get(name);
  say(issue === undefined ? `${name}: ${value ?? 'as the server likes'}` : `${name}: ${issue}`);
}

function listFields({ form }: State, say: (line: string) => void): void {
  for (const { name } of FIELDS) say(`${name}: ${form.values[name] ?? 'not set'}`);
}

/** Of a job's steps: often enough to hear it go on, seldom enough to be heard out. */
const TOLD_SHARES = 4;

/** Says what has changed since it was called last. */
function createTeller({ getState }: Store, say: (line: string) => void): () => void {
  let before = getState();
  return () => {
    const now = getState();
    if (now.notice !== undefined && now.notice !== before.notice) say(now.notice.text);
    for (const job of now.jobs) {
      const old = before.jobs.find(({ jobId }) => jobId === job.jobId);
      for (const line of changesOf(old, job)) say(line);
    }
    before = now;
  };
}

export function changesOf(old: Job | undefined, job: Job): string[] {
  const lines: string[] = [];
  const results = job.results.slice(old?.results.length ?? 0);
  if (old === undefined) lines.push('Sent.');
  if (job.stage === 'queued' && job.position !== old?.position && (job.position ?? 0) > 0)
    lines.push(`Waiting: ${job.position} before this one.`);
  const [share, told] = [toShare(job), old === undefined ? 0 : toShare(old)];
  if (isActive(job) && share > told && job.progress !== undefined)
    lines.push(`Step ${job.progress.step} of ${job.progress.steps}, ${toClock(job.progress.etaMs)} left.`);
  lines.push(...results.map(({ path }) => `Saved ${path}`));
  if (job.phase !== old?.phase && job.phase === 'cancelled') lines.push('Cancelled.');
  if (job.phase !== old?.phase && job.phase === 'failed') lines.push(`Failed: ${job.trouble ?? ''}`);
  return lines;
}

function toShare({ progress }: Job): number {
  return progress === undefined ? 0 : Math.floor((TOLD_SHARES * progress.step) / progress.steps);
}
