import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDeadline, type Deadline } from '../../src/cli/deadline.js';

let deadline: Deadline | undefined;
const exit = vi.spyOn(process, 'exit');
const kill = vi.spyOn(process, 'kill');
const told = vi.spyOn(process.stderr, 'write');

beforeEach(() => {
  vi.useFakeTimers();
  exit.mockReset().mockReturnValue(undefined as never);
  kill.mockReset().mockReturnValue(true);
  told.mockReset().mockReturnValue(true);
});
afterEach(() => {
  deadline?.stop();
  vi.useRealTimers();
});

test('gives the signal when the time is over, and not before', () => {
  deadline = createDeadline(2);
  vi.advanceTimersByTime(1999);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.reason).toMatchObject({ code: 'TIMEOUT' });
  expect(deadline.exitCode()).toBe(4);
});

describe('work that does not end with the signal', () => {
  const hang = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

  test('is left ten seconds, then the process ends with its words and code', () => {
    deadline = createDeadline(2);
    hang(11);
    expect(exit).not.toHaveBeenCalled();
    hang(1);
    expect(exit).toHaveBeenCalledExactlyOnceWith(4);
    expect(told.mock.calls.flat().join('')).toContain('not done within 2 s');
  });

  test('also after Ctrl-C', () => {
    deadline = createDeadline(100);
    process.emit('SIGINT');
    hang(10);
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
  });

  test('is killed where the file system does not answer: exit would wait for its thread', () => {
    vi.spyOn(process, 'getActiveResourcesInfo').mockReturnValueOnce(['Timeout', 'FSReqPromise']);
    deadline = createDeadline(2);
    hang(12);
    expect(exit).not.toHaveBeenCalled();
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGKILL');
  });

  test('what ends in time is not disturbed later', () => {
    deadline = createDeadline(2);
    hang(5);
    deadline.stop();
    hang(60);
    expect(exit).not.toHaveBeenCalled();
    expect(kill).not.toHaveBeenCalled();
  });
});

test('a second Ctrl-C ends the process at once', () => {
  deadline = createDeadline(100);
  process.emit('SIGINT');
  expect(exit).not.toHaveBeenCalled();
  process.emit('SIGINT');
  expect(exit).toHaveBeenCalledExactlyOnceWith(130);
});
