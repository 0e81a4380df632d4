import { describe, expect, it } from 'vitest';
import { readJsonBody } from '../../src/server/http-body.js';

const requestOf = (body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>) =>
  new Request('http://x', { method: 'POST', body, duplex: 'half' });

/** Pieces as they would come from the network. */
function streamOf(pieces: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces);
}

describe('a body', () => {
  it('of many pieces is read whole', async () => {
    const text = JSON.stringify({ prompt: 'ä lake 🏞', initImage: 'A'.repeat(10_000) });
    const bytewise = Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte));
    expect(await readJsonBody(requestOf(streamOf(bytewise)))).toEqual(JSON.parse(text));
  });

  it('that comes byte by byte is not kept in pieces: there may be 40 million', async () => {
    const piece = new Uint8Array(1);
    function* sameAgain() {
      for (const byte of Buffer.from('{"prompt":"a lake"}')) {
        piece[0] = byte; // shows in every piece that was kept
        yield piece;
      }
    }
    expect(await readJsonBody(requestOf(streamOf(sameAgain())))).toEqual({ prompt: 'a lake' });
  });

  it.each([
    ['', 'BAD_MESSAGE'],
    ['{', 'BAD_MESSAGE'],
    [`"${'x'.repeat(1000)}"`, 'PAYLOAD_TOO_LARGE'],
  ])('%s is refused as %s', async (text, code) => {
    await expect(readJsonBody(requestOf(text), 1000)).rejects.toMatchObject({ code });
  });

  it('may be as long as the limit, and not a byte longer', async () => {
    const text = '"12345678"';
    expect(await readJsonBody(requestOf(text), text.length)).toBe('12345678');
    expect(await readJsonBody(requestOf(streamOf([Buffer.from(text)])), text.length)).toBe('12345678');
    for (const body of [text, streamOf([Buffer.from(text.slice(0, 5)), Buffer.from(text.slice(5))])])
      await expect(readJsonBody(requestOf(body), text.length - 1)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it.each(['latin1', 'utf16le'] as const)('in %s is refused, and not read as other letters', async (encoding) => {
    const body = Uint8Array.from(Buffer.from(`\ufeff{"prompt":"café"}`.slice(encoding === 'latin1' ? 1 : 0), encoding));
    const refusal = { code: 'BAD_MESSAGE', message: expect.stringContaining('not UTF-8') };
    await expect(readJsonBody(requestOf(body))).rejects.toMatchObject(refusal);
  });

  it('may begin with a byte order mark', async () => {
    expect(await readJsonBody(requestOf('\ufeff{"prompt":"café 湖"}'))).toEqual({ prompt: 'café 湖' });
  });

  it('is UTF-8, whatever charset it is said to have', async () => {
    const headers = { 'content-type': 'application/json; charset=iso-8859-1' };
    const request = new Request('http://x', { method: 'POST', body: Buffer.from('{"prompt":"café"}'), headers });
    expect(await readJsonBody(request)).toEqual({ prompt: 'café' });
  });

  it('that ends early is refused', async () => {
    const cut = new ReadableStream({
      start: (controller) => controller.error(new Error('ECONNRESET')),
    });
    await expect(readJsonBody(requestOf(cut))).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  });

  it.each(['[', '{"a":', '1,'])('of nothing but %s is refused before it becomes objects', async (piece) => {
    const body = piece.repeat(100_000);
    await expect(readJsonBody(requestOf(body))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('may be two pictures and two prompts full of commas', async () => {
    const picture = 'A'.repeat(15_000_000);
    const request = { prompt: ','.repeat(10_000), negativePrompt: '{'.repeat(10_000), initImage: picture };
    expect(await readJsonBody(requestOf(JSON.stringify({ ...request, maskImage: picture })))).toMatchObject(request);
  });
});
