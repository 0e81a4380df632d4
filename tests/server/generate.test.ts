import { describe, expect, it, vi } from 'vitest';
import { SafelightError } from '../../src/protocol/errors.js';
import { answerGenerate, parseGenerateBody } from '../../src/server/dialects/generate.js';
import { createServerRig } from '../support/server-rig.js';

function refusalOf(body: unknown): SafelightError {
  try {
    parseGenerateBody(body);
  } catch (error) {
    if (error instanceof SafelightError) return error;
  }
  throw new Error(`not refused: ${JSON.stringify(body)}`);
}

describe('the names of /generate', () => {
  it('may be flat or under params', () => {
    const flat = parseGenerateBody({ prompt: 'a lake', steps: 8, width: 256 });
    expect(parseGenerateBody({ prompt: 'a lake', params: { steps: 8, width: 256 } })).toEqual(flat);
    expect(flat).toMatchObject({ prompt: 'a lake', steps: 8, width: 256, height: 512, format: 'png' });
  });

  it.each([
    ['num_inference_steps', 'steps', 8],
    ['guidance', 'guidanceScale', 3],
    ['guidance_scale', 'guidanceScale', 3],
    ['guidanceScale', 'guidanceScale', 3],
    ['negative', 'negativePrompt', 'rain'],
    ['negative_prompt', 'negativePrompt', 'rain'],
    ['negativePrompt', 'negativePrompt', 'rain'],
    ['seed', 'seed', 5],
    ['scheduler', 'scheduler', 'euler_a'],
    ['count', 'count', 2],
    ['init_image_base64', 'initImage', 'AAAA'],
  ])('%s is %s', (name, field, value) => {
    expect(parseGenerateBody({ prompt: 'x', [name]: value })).toMatchObject({ [field]: value });
  });

  it('take a data URL for a picture, and null for nothing', () => {
    const body = {
      prompt: 'x',
      init_image_base64: 'data:image/png;base64,AAAA',
      strength: 0.5,
      seed: null,
      params: null,
    };
    expect(parseGenerateBody(body)).toMatchObject({ initImage: 'AAAA', strength: 0.5 });
    expect(parseGenerateBody(body).seed).toBeUndefined();
  });
});

describe('the seed of /generate', () => {
  it.each([-1, '-1'])('%j is any seed, as if it had been left out', (seed) => {
    const asked = parseGenerateBody({ prompt: 'x', seed });
    expect(asked).toEqual(parseGenerateBody({ prompt: 'x' }));
    expect(parseGenerateBody({ prompt: 'x', params: { seed } })).toEqual(asked);
  });

  it.each([
    ['18446744073709551615', 4294967295],
    ['9007199254740993', 1],
    [4294967303, 7],
  ])('%s counts mod 2^32', (seed, narrow) => {
    expect(parseGenerateBody({ prompt: 'x', seed }).seed).toBe(narrow);
  });
});

describe('what /generate refuses', () => {
  it.each([
    [{ prompt: 'x', cfg: 3 }, 'cfg'],
    [{ prompt: 'x', params: { stpes: 3 } }, 'stpes'],
    [{ prompt: 'x', __proto__: null, constructor: 3 }, 'constructor'],
    [{ prompt: 'x', steps: 3, num_inference_steps: 3 }, 'num_inference_steps'],
    [{ prompt: 'x', steps: 3, params: { steps: 4 } }, 'steps'],
    [{ prompt: 'x', guidance_scale: 21 }, 'guidance_scale'],
    [{ prompt: 'x', steps: 0 }, 'steps'],
    [{ prompt: 'x', width: 300 }, 'width'],
    [{ prompt: 'x', seed: -2 }, 'seed'],
    [{ prompt: 'x', seed: '18446744073709551616' }, 'seed'],
    [{ prompt: 'x', seed: -1, params: { seed: 4 } }, 'seed'],
    [{ prompt: '  ' }, 'prompt'],
    [{}, 'prompt'],
    [{ prompt: 'x', mask_base64: 'AAAA' }, 'init_image_base64'],
    [{ prompt: 'x', init_image_base64: 'no base64!' }, 'init_image_base64'],
  ])('%j, naming %s', (body, name) => {
    const error = refusalOf(body);
    expect(error.code).toBe('INVALID_PARAMS');
    expect(error.issues?.map(({ path }) => path)).toContain(name);
    expect(error.message).toContain(name);
  });

  it.each([[null], [[]], ['text'], [{ prompt: 'x', params: [] }]])('%j, which is no object', (body) => {
    expect(refusalOf(body).code).toBe('INVALID_PARAMS');
  });
});

describe('a caller who hangs up', () => {
  const body = { prompt: 'a lake', steps: 2 };

  it('while the job waits, runs or is not even begun: it is cancelled, and the next one is made', async () => {
    const rig = await createServerRig();
    const [running, waiting, gone] = [1, 2, 3].map(() => new AbortController());
    const answers = [running, waiting].map(({ signal }) => answerGenerate(body, rig, signal));
    await vi.waitFor(() => expect(rig.engine.runs).toHaveLength(1));
    // Already gone when the body was read.
    gone.abort();
    answers.push(answerGenerate(body, rig, gone.signal));
    for (const caller of [waiting, running]) caller.abort();
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(rig.queue.list().map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(rig.engine.runs).toHaveLength(1);
    rig.engine.allow(2);
    expect(await answerGenerate(body, rig, new AbortController().signal)).toMatchObject({ seed: expect.any(Number) });
  });
});
