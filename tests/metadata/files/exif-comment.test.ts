import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readUserComment } from '../../../src/metadata/files/exif-comment.js';

const SETTINGS = '\nSteps: 8, Sampler: Euler a, CFG scale: 5, Seed: 7, Size: 256x256';
const code = (name: string) => Buffer.from(name.padEnd(8, '\0'), 'latin1');
const little = (words: string) => Buffer.from(words, 'utf16le');
const big = (words: string) => Buffer.from(words, 'utf16le').swap16();
const UNICODE = code('UNICODE');

const SCRIPTS = {
  latin: 'a red house by a lake',
  cyrillic: 'красный дом у озера',
  chinese: '湖边的红房子，一只刀',
  japanese: '湖のほとりの　赤い家',
  korean: '호숫가의 빨간 집',
  arabic: 'بيت أحمر بجانب بحيرة',
  devanagari: 'झील के किनारे लाल घर',
  quotes: '“a red house” – by a lake…',
  emoji: '🏠🌊 a house',
};

describe('UNICODE', () => {
  test.each(Object.entries(SCRIPTS))('%s, in either byte order, with its settings and alone', (_, words) => {
    for (const text of [words, words + SETTINGS, words.repeat(50) + SETTINGS])
      for (const encode of [big, little]) expect(readUserComment(Buffer.concat([UNICODE, encode(text)]))).toBe(text);
  });

  test('any prompt with its settings, in either order', () => {
    const letters = fc.constantFrom(...Object.values(SCRIPTS).flatMap((words) => [...words]));
    const prompts = fc.string({ unit: letters, maxLength: 200 });
    fc.assert(
      fc.property(prompts, fc.boolean(), (prompt, isBig) => {
        const bytes = (isBig ? big : little)(prompt + SETTINGS);
        expect(readUserComment(Buffer.concat([UNICODE, bytes]))).toBe(prompt + SETTINGS);
      }),
    );
  });

  test('with a byte order mark, against what is plausible', () => {
    expect(readUserComment(Buffer.concat([UNICODE, little('\ufeffĀ')]))).toBe('Ā');
    expect(readUserComment(Buffer.concat([UNICODE, big('\ufeffa')]))).toBe('a');
    expect(readUserComment(Buffer.concat([UNICODE, Buffer.from('\ufeffé', 'utf8')]))).toBe('é');
  });

  test('that is UTF-8 in truth', () => {
    expect(readUserComment(Buffer.concat([UNICODE, Buffer.from(`Häuschen 湖${SETTINGS}`)]))).toBe(
      `Häuschen 湖${SETTINGS}`,
    );
  });

  test('with zeros at the end', () => {
    expect(readUserComment(Buffer.concat([UNICODE, big('a lake\0\0')]))).toBe('a lake');
    expect(readUserComment(Buffer.concat([UNICODE, Buffer.from('a lake\0')]))).toBe('a lake');
  });
});

describe('other codes, and none', () => {
  test.each([
    ['ASCII', Buffer.concat([code('ASCII'), Buffer.from('a lake')]), 'a lake'],
    ['ASCII that is UTF-8', Buffer.concat([code('ASCII'), Buffer.from('湖')]), '湖'],
    ['undefined', Buffer.concat([code(''), Buffer.from('a lake')]), 'a lake'],
    ['undefined, UTF-16', Buffer.concat([code(''), big('a lake')]), 'a lake'],
    ['JIS in ISO-2022-JP', Buffer.concat([code('JIS'), Buffer.from('\x1b$B8P\x1b(B', 'latin1')]), '湖'],
    ['no code: no letter is lost', Buffer.from('a red house'), 'a red house'],
    ['no code, shorter than one', Buffer.from('a'), 'a'],
    ['no code, Latin-1', Buffer.from('un café noir', 'latin1'), 'un café noir'],
    ['no code, UTF-16', little('a red house'), 'a red house'],
    ['nothing', Buffer.alloc(0), ''],
    ['a code alone', UNICODE, ''],
  ])('%s', (_, bytes, words) => {
    expect(readUserComment(bytes)).toBe(words);
  });
});
