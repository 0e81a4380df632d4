import { expect, test } from 'vitest';
import { createWritePace } from '../../../src/tui/terminal/write-pace.js';

function open() {
  let time = 0;
  const events: string[] = [];
  const pace = createWritePace({
    onChange: () => events.push(`${pace.pace.rate}×, side ${pace.pace.size}×`),
    onStepDown: () => events.push('plainer'),
    now: () => time,
  });
  /** Writes of so many ms, eight a second. */
  const write = (ms: number, times: number) => {
    for (let i = 0; i < times; i++) {
      time += 125;
      pace.wrote(ms);
    }
  };
  return { pace, events, write };
}

test('a quick terminal gets everything, for ever', () => {
  const { pace, events, write } = open();
  write(3, 1000);
  expect([pace.pace, events]).toEqual([{ rate: 1, size: 1 }, []]);
});

test('one slow write is no reason', () => {
  const { events, write } = open();
  for (let i = 0; i < 20; i++) {
    write(2, 30);
    write(60, 1);
  }
  expect(events).toEqual([]);
});

test('a terminal that was paused for a minute is not a slow one', () => {
  const { events, write } = open();
  write(60_000, 1);
  write(2, 100);
  write(60_000, 1);
  write(2, 100);
  expect(events).toEqual([]);
});

test('while it stays slow: fewer, then smaller, then fewer again, then plainer', () => {
  const { pace, events, write } = open();
  write(40, 8 * 3 + 24);
  expect(events).toEqual(['0.5×, side 1×', '0.5×, side 0.5×', '0.25×, side 0.5×', 'plainer']);
  expect(pace.pace).toEqual({ rate: 1, size: 1 });
});

test('each change is given time to show', () => {
  const { events, write } = open();
  write(40, 8);
  expect(events).toHaveLength(1);
  write(40, 7);
  expect(events).toHaveLength(1);
});

test('what helped is kept, and more is tried after a long quick time only', () => {
  const { events, write } = open();
  write(40, 8);
  write(10, 500);
  expect(events).toHaveLength(1);
  write(2, 150);
  expect(events).toHaveLength(1);
  write(2, 60);
  expect(events).toEqual(['0.5×, side 1×', '1×, side 1×']);
});
