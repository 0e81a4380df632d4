import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toFileResponse } from '../../src/server/http-file.js';

const bytes = new TextEncoder().encode('the bytes of a picture');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const etag = `"${sha256}"`;

async function get(headers: Record<string, string>): Promise<[number, string, string | null]> {
  const response = toFileResponse(new Headers(headers), { bytes, contentType: 'image/png', sha256 });
  return [response.status, await response.text(), response.headers.get('content-range')];
}

describe('If-Range (RFC 9110 §13.1.5)', () => {
  it('of these bytes: only the rest is sent', async () => {
    const rest: [number, string, string] = [206, 'bytes of a picture', `bytes 4-21/${bytes.length}`];
    expect(await get({ range: 'bytes=4-', 'if-range': etag })).toEqual(rest);
    expect(await get({ range: 'bytes=4-' })).toEqual(rest);
  });

  it.each([
    ['other bytes', `"${sha256.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}"`],
    ['a weak tag, which says nothing of bytes', `W/${etag}`],
    ['a tag without quotes', sha256],
    ['the beginning of the tag', etag.slice(0, 21)],
    ['a date', 'Wed, 21 Oct 2026 07:28:00 GMT'],
    ['nothing', ''],
  ])('of %s: the whole file is sent, so that two files are not glued together', async (_, ifRange) => {
    expect(await get({ range: 'bytes=4-', 'if-range': ifRange })).toEqual([200, 'the bytes of a picture', null]);
  });

  it('alone asks for no range', async () => {
    expect((await get({ 'if-range': etag }))[0]).toBe(200);
  });
});

describe('Range', () => {
  it.each([
    ['bytes=0-0', 't', 'bytes 0-0/22'],
    ['bytes=21-', 'e', 'bytes 21-21/22'],
    ['bytes=21-99', 'e', 'bytes 21-21/22'],
    ['bytes=-1', 'e', 'bytes 21-21/22'],
    ['bytes=-99', 'the bytes of a picture', 'bytes 0-21/22'],
  ])('%s is %j', async (range, text, contentRange) => {
    expect(await get({ range })).toEqual([206, text, contentRange]);
  });

  it.each(['bytes=22-', 'bytes=-0'])('%s has none of the bytes', async (range) => {
    const [status, , contentRange] = await get({ range });
    expect([status, contentRange]).toEqual([416, 'bytes */22']);
  });
});

describe('If-None-Match', () => {
  it.each([etag, `W/${etag}`, `"other", ${etag}`, '*'])('%s: what is there already is not sent', async (tag) => {
    expect(await get({ 'if-none-match': tag, range: 'bytes=4-' })).toEqual([304, '', null]);
  });

  it.each(['"other"', etag.slice(0, 21), sha256, ''])('%s is of something else', async (tag) => {
    expect((await get({ 'if-none-match': tag }))[0]).toBe(200);
  });
});
