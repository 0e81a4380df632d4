import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { toLine } from '../../src/server/log-output.js';

const module = new URL('../../dist/server/log-output.js', import.meta.url).href;

it('is a line of JSON on stderr for programs, written before the process may be killed', () => {
  const script = `
    const { createStderrLog } = await import(${JSON.stringify(module)});
    createStderrLog(false)('job started', { level: 'info', jobId: 'a-b', attempt: 1 });
    createStderrLog(false)('odd');
    process.kill(process.pid, 'SIGKILL');`;
  const args = ['-c', '"$0" --input-type=module -e "$1" 2>&1 || true', process.execPath, script];
  const lines = execFileSync('sh', args, { encoding: 'utf8' }).trim().split('\n').slice(0, 2);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 30, time: expect.any(Number), msg: 'job started', jobId: 'a-b', attempt: 1 },
    { level: 40, time: expect.any(Number), msg: 'odd' },
  ]);
});

it('is plain in a terminal, where nothing from outside can pass for another line', () => {
  const now = new Date(2026, 0, 1, 12, 30, 5);
  expect(toLine('job started', { level: 'info', jobId: 'a-b', n: 1, code: undefined }, now)).toBe(
    '12:30:05 job started jobId=a-b n=1\n',
  );
  expect(toLine('odd', { path: '/x\n\x1b[2J' }, now)).toBe('12:30:05 odd path="/x\\n\\u001b[2J"\n');
  expect(toLine('broke', { error: 'Error: x\n  at y' }, now)).toBe('12:30:05 broke\nError: x\n  at y\n');
});
