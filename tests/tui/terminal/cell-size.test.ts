import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Ask } from '../../../src/tui/terminal/ask.js';
import {
  type CellSize,
  cellOfRoom,
  readCellSize,
  settleCellSize,
  USUAL_CELL,
  watchCellSize,
} from '../../../src/tui/terminal/cell-size.js';
import { measureCells } from '../../../src/tui/terminal/measure-cells.js';
import { readSixelRoom } from '../../../src/tui/terminal/sixel-room.js';

const SCREEN = { columns: 100, rows: 40 };

test.each([
  ['the cell', ['\x1b[6;17;8t'], { width: 8, height: 17 }],
  ['the cell before the window', ['\x1b[4;400;1000t', '\x1b[6;17;8t'], { width: 8, height: 17 }],
  ['the window', ['\x1b[4;720;950t'], { width: 9.5, height: 18 }],
  ['a cell of nothing', ['\x1b[6;0;0t', '\x1b[4;720;900t'], { width: 9, height: 18 }],
  ['a window in cells', ['\x1b[4;40;99t'], undefined],
  ['nothing', ['\x1b[?62c'], undefined],
])('%s', (_, replies, size) => {
  expect(readCellSize(replies, SCREEN)).toEqual(size);
});

describe('from the room for sixel', () => {
  test.each([
    ['a window inside the limit', ['\x1b[?2;0;900;680S', '\x1b[?2;0;1000;1000S'], { width: 9, height: 17 }],
    ['a terminal that does not tell the limit', ['\x1b[?2;0;900;680S'], { width: 9, height: 17 }],
    ['a window that is too wide', ['\x1b[?2;0;1000;680S', '\x1b[?2;0;1000;1000S'], { height: 17 }],
    ['a window that is too large', ['\x1b[?2;0;1000;1000S', '\x1b[?2;0;1000;1000S'], {}],
    ['another limit', ['\x1b[?2;0;400;300S', '\x1b[?2;0;400;300S'], {}],
    ['a larger limit', ['\x1b[?2;0;1500;680S', '\x1b[?2;0;4000;4000S'], { width: 15, height: 17 }],
    ['what is no whole cell', ['\x1b[?2;0;901;680S', '\x1b[?2;0;1000;1000S'], { height: 17 }],
    ['a refusal', ['\x1b[?2;3;0S', '\x1b[?2;3;0S'], {}],
    ['silence', [], {}],
  ])('%s', (_, replies, cell) => {
    expect(cellOfRoom(readSixelRoom(replies), SCREEN)).toEqual({ width: undefined, height: undefined, ...cell });
  });

  const CLAMPED = readSixelRoom(['\x1b[?2;0;1000;1000S', '\x1b[?2;0;1000;1000S']);

  test('what is larger is measured', async () => {
    const screen = { columns: 130, rows: 50 };
    expect(await settleCellSize(CLAMPED, screen, xtermWithCells({ width: 12, height: 23 }), 100)).toEqual({
      width: 12,
      height: 23,
    });
  });

  test('where that cannot be measured, cells are not taken for larger than they are', async () => {
    const cell = await settleCellSize(CLAMPED, { columns: 130, rows: 50 }, async () => ['\x1b[?62c'], 100);
    expect(cell).toEqual({ width: 1000 / 130, height: 20 });
  });

  test('without any answer nothing is guessed', async () => {
    expect(await settleCellSize(readSixelRoom([]), SCREEN, async () => [], 100)).toBeUndefined();
  });
});

test.each([3, 6, 8, 12, 13, 23, 31, 40, 41, 60])('cells of %i pixels are measured to the pixel', async (side) => {
  const ask = xtermWithCells({ width: side, height: side });
  expect(await measureCells(ask, 'width', 1000, 100)).toBe(side);
  expect(await measureCells(ask, 'height', 996, 100)).toBe(side);
});

test('answers that fit no cell are no size', async () => {
  const confused = async () => Array.from({ length: 12 }, (_, index) => `\x1b[?${index};${90 - index * 7}R`);
  expect(await measureCells(confused, 'width', 1000, 100)).toBeUndefined();
});

/** Moves its cursor as xterm 379 and 398 were seen to do behind sixel pictures, and leaves the screen as it found it. */
function xtermWithCells({ width, height }: CellSize): Ask {
  return async (queries) => {
    expect(queries.startsWith('\x1b[?1049h')).toBe(true);
    expect(queries.endsWith('\x1b[?8452l\x1b[?1049l')).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
    const pictures = [...queries.matchAll(/\x1b\[H\x1bP0;1;0q"1;1;(\d+);(\d+)([!?\d-]*)\x1b\\\x1b\[\?6n/g)];
    const places = pictures.map(([, w, h, body]) => {
      expect(body).toBe(
        Array(Number(h) / 6)
          .fill(`!${w}?`)
          .join('-'),
      );
      return `\x1b[?${Math.floor((Number(h) - 1) / height) + 1};${Math.ceil(Number(w) / width) + 1}R`;
    });
    return [...places, '\x1b[?63;4c'];
  };
}

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

test('a window that becomes larger than the room keeps its cells', async () => {
  const { terminal, cells, questions, answer, changes } = open({ width: 9, height: 17 }, true);
  terminal.emit('resize');
  await answer('\x1b[?62;4c');
  await answer('\x1b[?2;0;1000;1000S');
  expect([questions.length, cells.current(), changes()]).toEqual([0, { width: 9, height: 17 }, 0]);
});

test('while another program has the terminal nothing is asked, and once when it is back', async () => {
  const { terminal, cells, questions, answer } = open({ width: 8, height: 16 });
  cells.setOurs(false);
  terminal.emit('resize');
  expect(questions).toHaveLength(0);
  cells.setOurs(true);
  cells.setOurs(true);
  expect(questions).toHaveLength(1);
  await answer('\x1b[6;32;16t');
  expect(cells.current()).toEqual({ width: 16, height: 32 });
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
  cells.setOurs(false);
  cells.setOurs(true);
  expect(questions).toHaveLength(0);
});
