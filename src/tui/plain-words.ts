/** What can be typed into the plain UI besides a prompt: words behind a colon. */
import { stripVTControlCharacters } from 'node:util';
import { searchPrompts } from '../client/prompt-history.js';
import { randomSeed } from '../client/random-seed.js';
import type { GenerationRequest } from '../protocol/params.js';
import type { Jobs } from './jobs.js';
import { jobWords } from './progress-text.js';
import { defaultOf, FIELDS, type Field, parseTyped, UNSET_WORDS } from './state/fields.js';
import { issuesOf, modelOf } from './state/form-state.js';
import { isActive } from './state/job-state.js';
import { withHires, withMoreSteps, withVariations } from './state/request.js';
import { activeJobs } from './state/state.js';
import type { Store } from './store.js';
import type { Submit } from './submit.js';

export interface Listener {
  store: Store;
  jobs: Pick<Jobs, 'start' | 'cancel' | 'cancelAll'>;
  submit: Submit;
  say(line: string): void;
}

type Word = (listener: Listener, rest: string) => void | Promise<void>;

const HELP = [
  'Anything else than these words is a prompt. __LIST__ and {one|other} in it are wildcards.',
  ':r makes the last picture again, :R with a new seed, :v four variations, :+ with more steps, :u twice as large.',
  ':not WORDS keeps something out of the pictures; :not alone takes that back.',
  ':set NAME VALUE changes a parameter, :set NAME takes it back, :set alone lists them.',
  ':p lists earlier prompts, :p WORDS those with these words, :p NUMBER draws one.',
  ':jobs tells how far everything is. :x cancels what runs, :x NUMBER one job.',
  ':q quits. Ctrl-C cancels what runs, or quits. Ctrl-D waits for the picture, saves it and quits.',
];
const MAX_PROMPTS_TOLD = 9;

/** One line, and nothing in it that a terminal would obey. */
export function toPlainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\p{Control}+/gu, ' ')
    .trim();
}

/** A line as it was typed: also with what the arrow keys leave in it. */
export async function obey(typed: string, listener: Listener): Promise<void> {
  const line = toPlainText(typed);
  if (line === '') return;
  if (!line.startsWith(':')) return draw(line, listener);
  const [word] = line.slice(1).split(' ', 1);
  if (!Object.hasOwn(WORDS, word)) listener.say(`There is no :${word}. :help tells what there is.`);
  else await WORDS[word](listener, line.slice(1 + word.length).trim());
}

async function draw(prompt: string, { store, submit }: Listener): Promise<void> {
  store.dispatch({ type: 'focus', on: 'prompt' });
  store.dispatch({ type: 'setText', text: prompt });
  await submit();
}

const again = (change: (request: GenerationRequest) => GenerationRequest | undefined): Word => {
  return ({ store, jobs, say }) => {
    const request = store.getState().jobs.at(-1)?.request;
    const next = request && change(request);
    if (next !== undefined) jobs.start(next);
    else say(request === undefined ? 'Nothing to repeat yet.' : 'It is as large as it gets.');
  };
};

const WORDS: Record<string, Word> = {
  r: again((request) => request),
  R: again((request) => ({ ...request, seed: undefined })),
  v: again((request) => withVariations(request, randomSeed())),
  '+': again(withMoreSteps),
  u: again(withHires),
  help: ({ say }) => HELP.forEach(say),
  set: setField,
  p: earlier,
  jobs: tellJobs,
  x: cancel,
  not({ store, say }, words) {
    store.dispatch({ type: 'focus', on: 'negative' });
    store.dispatch({ type: 'setText', text: words });
    say(words === '' ? 'Nothing is kept out.' : `Kept out: ${words}`);
  },
};

function setField(listener: Listener, rest: string): void {
  const [, name = '', value = ''] = /^(\S*)(.*)$/.exec(rest) ?? [];
  const isNamed = (text: string) => text.toLowerCase() === name.toLowerCase();
  const field = FIELDS.find((each) => isNamed(each.name) || isNamed(each.label));
  const parsed = field && parseTyped(field, value);
  if (name === '') for (const each of FIELDS) tellField(each, listener);
  else if (field === undefined) listener.say(`There is no parameter ${name}. :set lists them.`);
  else if (parsed === undefined) listener.say(`${field.name}: ${value.trim()} is not a number.`);
  else {
    listener.store.dispatch({ type: 'setField', name: field.name, value: parsed.value });
    tellField(field, listener);
  }
}

function tellField({ name }: Field, { store, say }: Listener): void {
  const { form, capabilities } = store.getState();
  const value = form.values[name];
  const filled = defaultOf(name, modelOf(form, capabilities)) ?? UNSET_WORDS[name];
  const issue = issuesOf(form, capabilities).get(name);
  const words = value ?? (filled === undefined ? 'not set' : `${filled}, by default`);
  say(`${name}: ${words}${issue === undefined ? '' : `. That does not do: ${issue}`}`);
}

/** Numbers count from the newest, whatever words are asked for. */
function earlier(listener: Listener, words: string): void | Promise<void> {
  const { entries, isRead } = listener.store.getState().history;
  if (!isRead) return listener.say('Earlier prompts are still being read.');
  const all = searchPrompts(entries, '');
  const chosen = /^\d+$/.test(words) ? all[Number(words) - 1] : undefined;
  if (chosen !== undefined) return draw(chosen, listener);
  const found = searchPrompts(entries, words);
  if (found.length === 0) listener.say('There is no such prompt.');
  for (const prompt of found.slice(0, MAX_PROMPTS_TOLD)) listener.say(`${all.indexOf(prompt) + 1}. ${prompt}`);
}

function tellJobs({ store, say }: Listener): void {
  const { jobs, link } = store.getState();
  const isLost = link.state === 'down';
  if (jobs.length === 0) say('There are no jobs yet.');
  for (const [at, job] of jobs.entries())
    say(`${at + 1}. ${isActive(job) ? jobWords(job, isLost) : job.phase}: ${job.request.prompt}`);
}

function cancel({ store, jobs, say }: Listener, number: string): void {
  const job = number === '' ? undefined : store.getState().jobs[Number(number) - 1];
  if (number === '' && activeJobs(store.getState()).length > 0) jobs.cancelAll();
  else if (job !== undefined && isActive(job)) jobs.cancel(job.jobId);
  else say(number === '' ? 'Nothing runs.' : 'No such job runs.');
}
