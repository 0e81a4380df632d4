import { expect, it } from 'vitest';
import { toJobJson } from '../../src/engine/metadata.js';
import { resolveParams } from '../../src/engine/request.js';
import { MODEL, toParams } from '../support/server-rig.js';

it('a job that went over a disk says the same byte by byte, whatever order its parameters came back in', () => {
  const params = resolveParams(toParams({ seed: 1, scheduler: 'euler' }), MODEL);
  const reversed = Object.fromEntries(Object.entries(params).reverse()) as typeof params;
  expect(Object.keys(reversed)).not.toEqual(Object.keys(params));
  expect(toJobJson(reversed, MODEL)).toBe(toJobJson(params, MODEL));
});
