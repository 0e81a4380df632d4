/** Stops and continuations on a process that only writes down what it is told. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchJobControl } from '../../../src/tui/terminal/job-control.js';

const PID = 4711;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const done: string[] = [];
  const source = Object.assign(new EventEmitter(), {
    pid: PID,
    kill(target: number, signal: string) {
      const isCaught = source.listenerCount(signal) > 0;
      done.push(`${signal} to ${target === 0 ? 'the group' : target}${isCaught ? '' : ', uncaught'}`);
      if (signal === 'SIGWINCH') source.emit(signal);
      return true;
    },
  });
  const jobControl = watchJobControl(source as unknown as NodeJS.Process, async (work, isTaken = false) => {
    done.push(isTaken ? 'found it taken' : 'lent');
    await work();
    done.push('took back');
  });
  const told = () => done.splice(0);
  return { source, jobControl, told };
}

const WINDOW = `SIGWINCH to ${PID}`;

test('the key lends the terminal, stops the whole job, and asks for the window’s size before it takes it back', async () => {
  const { source, jobControl, told } = open();
  jobControl.suspend();
  expect(told()).toEqual(['lent', 'SIGTSTP to the group, uncaught']);
  source.emit('SIGCONT');
  await vi.advanceTimersByTimeAsync(0);
  expect(told()).toEqual([WINDOW, 'took back']);
});

test('a signal from outside stops this process alone', async () => {
  const { source, told } = open();
  source.emit('SIGTSTP');
  expect(told()).toEqual(['lent', `SIGTSTP to ${PID}, uncaught`]);
  source.emit('SIGCONT');
  await vi.advanceTimersByTimeAsync(0);
  expect(told()).toEqual([WINDOW, 'took back']);
});

test('it can be stopped again and again, but not while it is being stopped', async () => {
  const { source, jobControl, told } = open();
  for (let i = 0; i < 3; i++) {
    jobControl.suspend();
    jobControl.suspend();
    source.emit('SIGTSTP');
    source.emit('SIGCONT');
    await vi.advanceTimersByTimeAsync(0);
    expect(told()).toEqual(['lent', 'SIGTSTP to the group, uncaught', WINDOW, 'took back']);
  }
});

test('where no shell could continue it the system does not stop it, and it goes on by itself', async () => {
  const { jobControl, told } = open();
  jobControl.suspend();
  await vi.advanceTimersByTimeAsync(99);
  expect(told()).not.toContain('took back');
  await vi.advanceTimersByTimeAsync(1);
  expect(told()).toEqual([WINDOW, 'took back']);
});

test('after a stop that cannot be caught it takes the terminal, and does not count on what was drawn', async () => {
  const { source, told } = open();
  source.emit('SIGCONT');
  await vi.advanceTimersByTimeAsync(0);
  expect(told()).toEqual(['found it taken', WINDOW, 'took back']);
});

test('when it is over, the signals are the system’s again', async () => {
  const { source, jobControl, told } = open();
  jobControl.suspend();
  jobControl.stop();
  source.emit('SIGCONT');
  await vi.advanceTimersByTimeAsync(0);
  expect(told().at(-1)).toBe('took back');
  expect(source.eventNames()).toEqual([]);
});
