/** Sends what the form says: reads the input pictures, fills in the wildcards, and tells what is missing. */
import { readInputPicture } from '../client/input-file.js';
import type { Wildcards } from '../client/wildcards.js';
import { type GenerationRequest, PARAM_LIMITS } from '../protocol/params.js';
import { type Jobs, messageOf } from './jobs.js';
import { type FormState, issuesOf, promptsOf } from './state/form-state.js';
import { type Draft, toBranch, toDraft } from './state/request.js';
import type { Expansion, State } from './state/state.js';
import type { Store } from './store.js';
import { expandForm, expansionKey, needsExpansion } from './wildcard-preview.js';

/** Resolves when it is sent, or told why not; never rejects. */
export type Submit = () => Promise<void>;

export interface SubmitDeps {
  store: Store;
  jobs: Pick<Jobs, 'start'>;
  readList: Wildcards['readList'];
}

export function createSubmit({ store, jobs, readList }: SubmitDeps): Submit {
  const { getState, dispatch } = store;
  const tell = (kind: 'hint' | 'error', text: string) => dispatch({ type: 'notice', notice: { kind, text } });

  /** The keys that follow must not wait for the disk: by now the form is left. */
  async function sendLater(form: FormState, draft: Draft): Promise<void> {
    try {
      const { expansion } = getState();
      const isShown = expansion?.key === expansionKey(form);
      const words = needsExpansion(form) ? (isShown ? expansion : await expandForm(form, readList)) : undefined;
      if (words?.trouble !== undefined) tell('error', words.trouble);
      else jobs.start(withWords(await withPictures(draft), words));
    } catch (thrown) {
      tell('error', messageOf(thrown));
    }
  }

  return async () => {
    dispatch({ type: 'takeTyped' });
    const { form, ...state } = getState();
    const problem = toProblem({ form, ...state });
    const branch = toBranch(form);
    const draft = toDraft(form);
    const isReady = draft.init === undefined && draft.mask === undefined && !needsExpansion(form);
    if (problem !== undefined) return tell('hint', problem);
    dispatch({ type: 'focus', on: undefined });
    dispatch({ type: 'sent' });
    if (branch !== undefined) jobs.start(branch);
    else if (isReady) jobs.start(draft.request);
    else await sendLater(form, draft);
  };
}

function withWords(request: GenerationRequest, words: Expansion | undefined): GenerationRequest {
  if (words === undefined) return request;
  const [prompt, negativePrompt] = words.texts.map((text) => text.trim());
  return { ...request, prompt, seed: words.seed, ...(negativePrompt !== '' && { negativePrompt }) };
}

function toProblem({ form, capabilities }: State): string | undefined {
  const text = promptsOf(form)[0].trim();
  if (form.trouble !== undefined) return form.trouble;
  if (text === '') return 'Describe a picture first.';
  if (text.length > PARAM_LIMITS.promptChars) return `At most ${PARAM_LIMITS.promptChars} characters, please.`;
  if (form.branch !== undefined && toBranch(form) === undefined)
    return 'Change the prompt, the guidance or the seed first: this would be the same picture.';
  const [first] = issuesOf(form, capabilities);
  return first && `${first[0]}: ${first[1]}`;
}

async function withPictures({ request, init, mask }: Draft): Promise<GenerationRequest> {
  return {
    ...request,
    ...(init !== undefined && { initImage: (await readInputPicture(init)).toString('base64') }),
    ...(mask !== undefined && { maskImage: (await readInputPicture(mask)).toString('base64') }),
  };
}
