import { afterEach, describe, expect, test, vi } from 'vitest';
import { createJsonReporter, createLineReporter, createQuietReporter } from '../../src/cli/reporter.js';
import type { ClientEvent } from '../../src/client/client.js';

const jobId = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';
const notes = ['The mask is all white.', 'Another.'];
const encode: ClientEvent = { type: 'stage', jobId, seq: 3, name: 'encode', notes };

function written() {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += text;
      return true;
    });
  }
  return texts;
}
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the notes of a job', () => {
  test('are lines on stderr', () => {
    const texts = written();
    createLineReporter(1).event(encode);
    expect(texts).toEqual({ stdout: '', stderr: 'The mask is all white.\nAnother.\nreading the prompt\n' });
  });

  test('are in the event with --json, and nowhere else', () => {
    const texts = written();
    createJsonReporter().event(encode);
    expect([JSON.parse(texts.stdout), texts.stderr]).toEqual([encode, '']);
  });

  test('are not told with --quiet', () => {
    const texts = written();
    createQuietReporter().event(encode);
    expect(texts).toEqual({ stdout: '', stderr: '' });
  });
});
