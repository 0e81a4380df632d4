import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_TABLE, parseWith, SafelightError, toSafelightError } from '../../src/protocol/errors.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';

test('docs/protocol.md lists exactly the codes of the table, with their numbers', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/protocol.md'), 'utf8');
  const documented = page.split('\n').filter((line) => /^\| `[A-Z_]+` \| \d/.test(line));
  const rows = Object.entries(ERROR_TABLE).map(
    ([code, { status, exitCode, retry, meaning }]) =>
      `| \`${code}\` | ${status} | ${exitCode} | ${retry ? 'yes' : 'no'} | ${meaning} |`,
  );
  expect(documented).toEqual(rows);
});

describe('SafelightError', () => {
  test('a zod refusal names every field in words', () => {
    const parse = () => parseWith(GenerationParamsSchema, { prompt: 'x', width: 513, steps: 0 });
    expect(parse).toThrow(/width: must be a multiple of 8; steps: /);
    try {
      parse();
    } catch (error) {
      expect((error as SafelightError).toBody()).toMatchObject({
        code: 'INVALID_PARAMS',
        issues: [{ path: 'width' }, { path: 'steps' }],
      });
    }
  });

  test('a bug leaves as INTERNAL: nothing of it is told, its cause is kept for the log', () => {
    const bug = new TypeError('secret detail');
    const error = toSafelightError(bug);
    expect(error.code).toBe('INTERNAL');
    expect(JSON.stringify(error.toBody())).not.toContain('secret');
    expect(error.cause).toBe(bug);
  });

  test('a wire error passes through unchanged', () => {
    const error = new SafelightError('QUEUE_FULL', 'later');
    expect(toSafelightError(error)).toBe(error);
  });
});
