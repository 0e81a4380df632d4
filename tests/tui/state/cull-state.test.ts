import { expect, test } from 'vitest';
import { type CullAction, type CullState, pickedOf, reduceCull, toSeeds } from '../../../src/tui/state/cull-state.js';

const start: CullAction = { type: 'cullStarted', request: { prompt: 'a lake' }, seeds: [5, 6, 7], steps: 4 };
const cullAfter = (...actions: CullAction[]) =>
  [start, ...actions].reduce<CullState | undefined>((cull, action) => reduceCull(cull, action), undefined);
const pick = (index: number): CullAction => ({ type: 'cullPick', index });

test('each seed has a frame, which develops', () => {
  const cull = cullAfter({ type: 'cullFrame', seed: 6, change: { state: 'developing', step: 2 } });
  expect(cull?.frames.map(({ seed, state, step }) => [seed, state, step])).toEqual([
    [5, 'waiting', 0],
    [6, 'developing', 2],
    [7, 'waiting', 0],
  ]);
});

test('frames are picked, and put back', () => {
  const cull = cullAfter(pick(0), pick(2), pick(0), pick(8));
  expect(cull && pickedOf(cull)).toEqual([7]);
});

test('late news of a sheet that is gone changes nothing', () => {
  expect(
    cullAfter({ type: 'cullEnded' }, pick(0), { type: 'cullFrame', seed: 5, change: { step: 1 } }),
  ).toBeUndefined();
});

test('seeds go on after the largest at 0', () => {
  expect(toSeeds(2 ** 32 - 2, 3)).toEqual([4294967294, 4294967295, 0]);
});
