import { expect, test } from 'vitest';
import {
  chosenOf,
  EMPTY_GALLERY,
  type GalleryAction,
  reduceGallery,
  shownOf,
} from '../../../src/tui/state/gallery-state.js';
import type { TextAction } from '../../../src/tui/text-editor.js';

const items = ['c', 'b', 'a'].map((name, i) => ({ path: `out/${name}.png`, savedAtMs: 3 - i }));
const galleryAfter = (...actions: GalleryAction[]) => actions.reduce(reduceGallery, EMPTY_GALLERY);
const listed: GalleryAction = { type: 'galleryListed', items };
const tell = (name: string, prompt: string): GalleryAction => {
  return { type: 'galleryTold', path: `out/${name}.png`, details: { request: { prompt }, lines: [] } };
};

test('one is chosen, and stays chosen when newer ones come in front', () => {
  const gallery = galleryAfter(listed, { type: 'galleryMoved', by: 1 });
  expect(chosenOf(gallery)?.path).toBe('out/b.png');
  const more = [{ path: 'out/d.png', savedAtMs: 4 }, ...items];
  expect(chosenOf(reduceGallery(gallery, { type: 'galleryListed', items: more }))?.path).toBe('out/b.png');
  // At the newest one stays at the newest.
  expect(chosenOf(reduceGallery(galleryAfter(listed), { type: 'galleryListed', items: more }))?.path).toBe('out/d.png');
});

test('without pictures it is empty only when the folder was read', () => {
  expect(EMPTY_GALLERY.isListed).toBe(false);
  expect(galleryAfter({ type: 'galleryListed', items: [] }).isListed).toBe(true);
});

test('moving the caret in the filter keeps the chosen one, other words choose the first', () => {
  const text = (action: TextAction): GalleryAction => ({ type: 'galleryText', action });
  const words = [text({ type: 'type', text: 'out' }), { type: 'galleryMoved', by: 1 } as const];
  const gallery = galleryAfter(listed, ...words, text({ type: 'edit', edit: 'left' }));
  expect(gallery.chosen).toBe(1);
  expect(reduceGallery(gallery, text({ type: 'edit', edit: 'backspace' })).chosen).toBe(0);
});

test('moving stops at both ends', () => {
  expect(galleryAfter(listed, { type: 'galleryMoved', by: -5 }).chosen).toBe(0);
  expect(galleryAfter(listed, { type: 'galleryMoved', by: 5 }).chosen).toBe(2);
  expect(chosenOf(galleryAfter({ type: 'galleryMoved', by: 5 }))).toBeUndefined();
});

test('is filtered by the words of prompts and names', () => {
  const told = [listed, tell('a', 'a red barn'), tell('b', 'a blue barn')];
  const paths = (filter: string) =>
    shownOf(galleryAfter(...told, { type: 'galleryText', action: { type: 'replace', text: filter } })).map(
      ({ path }) => path,
    );
  expect(paths('barn RED')).toEqual(['out/a.png']);
  expect(paths('barn')).toEqual(['out/b.png', 'out/a.png']);
  expect(paths('c.png')).toEqual(['out/c.png']);
  expect(paths('  ')).toHaveLength(3);
});

test('what is removed leaves its neighbour chosen', () => {
  const last = galleryAfter(listed, { type: 'galleryMoved', by: 2 }, { type: 'galleryRemoved', path: 'out/a.png' });
  expect(chosenOf(last)?.path).toBe('out/b.png');
});
