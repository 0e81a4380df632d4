import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toDefaults, toRequest } from '../../src/cli/one-shot.js';
import { flagOfParam, longFlag, ONE_SHOT_OPTIONS } from '../../src/cli/options.js';
import { SERVE_LIMITS } from '../../src/cli/serve-limits.js';
import { TUNNEL_TEXT_OPTIONS } from '../../src/cli/tunnel-options.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';
import { DEFAULT_LIMITS } from '../../src/server/limits.js';

const flags = { save: true };

test('the README’s table lists every option with its default, and no other', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const documented = readme.split('\n').filter((line) => /^\| `-/.test(line));
  const rows = ONE_SHOT_OPTIONS.map(({ flags: names, description, default: shown, env }) => {
    const where = env === undefined ? '' : ` (env \`${env}\`)`;
    return `| \`${names.replaceAll('|', '\\|')}\` | ${description}${where} | ${shown ?? ''} |`;
  });
  expect(documented).toEqual(rows);
});

test('docs/tunnel.md lists the options that make a server public', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/tunnel.md'), 'utf8');
  const documented = page.split('\n').filter((line) => /^\| `-/.test(line));
  const rows = TUNNEL_TEXT_OPTIONS.map(({ flags: names, description }) => `| \`${names}\` | ${description} |`);
  expect(documented).toEqual(expect.arrayContaining(rows));
  expect(documented.length).toBe(rows.length + 2); // --tunnel and --ngrok-token, which are no plain texts
});

test('the limits of serve are shown with the defaults that the server has', () => {
  for (const { field, default: shown, factor = 1 } of SERVE_LIMITS) expect(shown * factor).toBe(DEFAULT_LIMITS[field]);
});

test('every parameter has an option', () => {
  const params = Object.keys(GenerationParamsSchema.shape);
  expect(params.filter((param) => flagOfParam(param) === param)).toEqual([]);
});

test('every option of design §4 is there', () => {
  const asked =
    '--api-url --prompt --width --height --steps --guidance --seed --negative --timeout --output-dir --no-save --token ' +
    '--scheduler --count --init --strength --mask --model --clip-skip --format --name --no-preview --json --quiet';
  expect(ONE_SHOT_OPTIONS.map(longFlag)).toEqual(expect.arrayContaining(asked.split(' ')));
});

describe('toRequest', () => {
  test('sends only what was given', async () => {
    expect(await toRequest({ ...flags, prompt: 'a lake', steps: 4, guidance: 0 })).toEqual({
      prompt: 'a lake',
      steps: 4,
      guidanceScale: 0,
    });
  });

  test('a seed of -1 is drawn: later where the form or the job draws it, now where the request needs it', async () => {
    expect(await toRequest({ ...flags, prompt: 'a lake', seed: -1 })).toEqual({ prompt: 'a lake' });
    const asked = { variationSeed: -1, variationStrength: 0.1, branchStep: 2, branchSeed: -1 };
    const drawn = await Promise.all([1, 2].map(() => toRequest({ ...flags, prompt: 'a lake', ...asked })));
    for (const field of ['variationSeed', 'branchSeed'] as const) {
      expect(drawn.every((request) => (request[field] ?? -1) >= 0)).toBe(true);
      expect(drawn[0][field]).not.toBe(drawn[1][field]);
    }
  });

  test('a branch goes into the request', async () => {
    const branch = { branchStep: 8, branchPrompt: 'night', branchNegative: '', branchGuidance: 0, branchSeed: 1 };
    const request = {
      branchStep: 8,
      branchPrompt: 'night',
      branchNegativePrompt: '',
      branchGuidanceScale: 0,
      branchSeed: 1,
    };
    expect(await toRequest({ ...flags, prompt: 'a lake', ...branch })).toEqual({ prompt: 'a lake', ...request });
  });

  test('a model is the server’s business only where there is a server', () => {
    expect(toDefaults({ ...flags, model: 'dir' })).toEqual({});
    expect(toDefaults({ ...flags, model: 'id', apiUrl: 'http://host' })).toEqual({ model: 'id' });
  });
});
