import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type CellSize, readCellSize, USUAL_CELL, watchCellSize } from '../../../src/tui/terminal/cell-size.js';

const SCREEN = { columns: 100, rows: 40 };

test.each([
  ['the cell', ['\x1b[6;17;8t'], { width: 8, height: 17 }],
  ['the cell before the window', ['\x1b[4;400;1000t', '\x1b[6;17;8t'], { width: 8, height: 17 }],
  ['the window', ['\x1b[4;720;950t'], { width: 9.5, height: 18 }],
  ['a cell of nothing', ['\x1b[6;0;0t', '\x1b[4;720;900t'], { width: 9, height: 18 }],
  ['the room for sixel', ['\x1b[?2;0;900;680S'], { width: 9, height: 17 }],
  ['the window before that', ['\x1b[?2;0;900;680S', '\x1b[4;720;950t'], { width: 9.5, height: 18 }],
  ['less room than the window', ['\x1b[?2;0;1000;999S'], undefined],
  ['a refusal', ['\x1b[?2;3;0S'], undefined],
  ['a window in cells', ['\x1b[4;40;99t'], undefined],
  ['nothing', ['\x1b[?62c'], undefined],
])('%s', (_, replies, size) => {
  expect(readCellSize(replies, SCREEN)).toEqual(size);
});

function open(cell: CellSize | undefined, sixel = false) {
  const terminal = Object.assign(new EventEmitter(), SCREEN);
  const questions: ((replies: string[]) => void)[] = [];
  const ask = () => new Promise<string[]>((resolve) => questions.push(resolve));
  const cells = watchCellSize(terminal as unknown as NodeJS.WriteStream, ask, { cell, sixel });
  let changes = 0;
  cells.subscribe(() => {
    changes += 1;
  });
  const answer = async (reply: string) => {
    questions.shift()?.([reply]);
    await new Promise(setImmediate);
  };
  return { terminal, cells, questions, answer, changes: () => changes };
}

test('a window that changes is asked again: a larger font is told, the same one is not', async () => {
  const { terminal, cells, answer, changes } = open({ width: 8, height: 16 });
  const before = cells.current();
  terminal.emit('resize');
  await answer('\x1b[6;16;8t');
  expect([cells.current() === before, changes()]).toEqual([true, 0]);
  terminal.emit('resize');
  await answer('\x1b[6;32;16t');
  expect([cells.current(), changes()]).toEqual([{ width: 16, height: 32 }, 1]);
});

test('while an edge is dragged there is one question at a time, and one after the last change', async () => {
  const { terminal, questions, answer } = open({ width: 8, height: 16 });
  for (let i = 0; i < 20; i++) terminal.emit('resize');
  expect(questions).toHaveLength(1);
  await answer('\x1b[6;16;8t');
  expect(questions).toHaveLength(1);
  await answer('\x1b[6;16;8t');
  expect(questions).toHaveLength(0);
});

test('a terminal with sixel that keeps its window to itself is asked for the room for it', async () => {
  const { terminal, cells, questions, answer } = open({ width: 8, height: 16 }, true);
  terminal.emit('resize');
  await answer('\x1b[?62;4c');
  expect(questions).toHaveLength(1);
  await answer('\x1b[?2;0;900;680S');
  expect(cells.current()).toEqual({ width: 9, height: 17 });
});

test('a terminal that did not tell is not asked again', () => {
  const { terminal, cells, questions } = open(undefined);
  terminal.emit('resize');
  expect(questions).toHaveLength(0);
  expect(cells.current()).toBe(USUAL_CELL);
});

test('after the end nothing is asked', () => {
  const { terminal, cells, questions } = open({ width: 8, height: 16 });
  cells.stop();
  terminal.emit('resize');
  expect(questions).toHaveLength(0);
});
