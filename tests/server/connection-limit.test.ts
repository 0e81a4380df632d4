import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createConnectionLimit } from '../../src/server/connection-limit.js';

function createLimit(max: number) {
  let cuts = 0;
  const limit = createConnectionLimit(max, () => cuts++);
  const enter = () => {
    const connection = new PassThrough();
    limit.enter(connection);
    return connection;
  };
  return { limit, enter, cuts: () => cuts };
}

it('cuts the oldest of those who have not shown the token', () => {
  const { limit, enter, cuts } = createLimit(3);
  const all = [enter(), enter(), enter()];
  limit.trust(all[0]);
  all.push(enter(), enter());
  expect(all.map(({ destroyed }) => destroyed)).toEqual([false, true, true, false, false]);
  expect(cuts()).toBe(2);
});

it('cuts the newcomer where everybody else has shown it', () => {
  const { limit, enter, cuts } = createLimit(2);
  const friends = [enter(), enter()];
  for (const friend of friends) limit.trust(friend);
  expect(enter().destroyed).toBe(true);
  expect(friends.map(({ destroyed }) => destroyed)).toEqual([false, false]);
  expect(cuts()).toBe(1);
});

it('gives the place of one that closed to the next', async () => {
  const { limit, enter, cuts } = createLimit(2);
  const [friend, stranger] = [enter(), enter()];
  limit.trust(friend);
  friend.destroy();
  await once(friend, 'close');
  limit.trust(friend); // its request is answered late
  enter();
  expect([stranger.destroyed, cuts()]).toEqual([false, 0]);
});
