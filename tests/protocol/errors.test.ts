import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_TABLE, parseWith, SafelightError, toRefusal, toSafelightError } from '../../src/protocol/errors.js';
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

function refusalOf(params: object): SafelightError {
  try {
    parseWith(GenerationParamsSchema, params);
  } catch (error) {
    if (error instanceof SafelightError) return error;
  }
  throw new Error('was not refused');
}

describe('SafelightError', () => {
  test('a zod refusal names every field in words', () => {
    const error = refusalOf({ prompt: 'x', width: 513, steps: 0 });
    expect(error.message).toMatch(/width: must be a multiple of 8; steps: /);
    expect(error.toBody()).toMatchObject({ code: 'INVALID_PARAMS', issues: [{ path: 'width' }, { path: 'steps' }] });
  });

  test('a request of nothing but mistakes is not answered by a longer list of them', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => [`key ${i}`, i] as const);
    const error = refusalOf({ prompt: 'x', ...Object.fromEntries(keys), ['k'.repeat(5000)]: 1 });
    expect(JSON.stringify(error.toBody()).length).toBeLessThan(2000);
    const many = toRefusal(keys.map(([path]) => ({ path, message: 'm'.repeat(5000) })));
    expect(many.issues).toHaveLength(20);
    expect(many.message).toMatch(/^key 0: m+…; key 1: .*; and 4980 more$/);
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
