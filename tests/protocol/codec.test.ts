import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeClientMessage,
  decodePreview,
  decodeServerMessage,
  encodeClientMessage,
  encodePreview,
} from '../../src/protocol/codec.js';
import { SafelightError } from '../../src/protocol/errors.js';
import type { PreviewHeader } from '../../src/protocol/messages.js';

const jobId = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SafelightError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('client messages', () => {
  test('a submit gets its defaults at the border', () => {
    const message = decodeClientMessage(encodeClientMessage({ type: 'submit', jobId, params: { prompt: 'a lake' } }));
    expect(message).toMatchObject({ type: 'submit', jobId, params: { prompt: 'a lake', steps: 25, width: 512 } });
  });

  test.each([
    ['no JSON', '{', 'BAD_MESSAGE'],
    ['no object', '[1]', 'BAD_MESSAGE'],
    ['an unknown type', '{"type":"dance"}', 'BAD_MESSAGE'],
    ['an unknown key', `{"type":"cancel","jobId":"${jobId}","force":true}`, 'BAD_MESSAGE'],
    ['a job id that is no UUID', '{"type":"cancel","jobId":"1"}', 'BAD_MESSAGE'],
    ['bad parameters', `{"type":"submit","jobId":"${jobId}","params":{"prompt":"x","steps":0}}`, 'INVALID_PARAMS'],
    [
      'unknown parameters',
      `{"type":"submit","jobId":"${jobId}","params":{"prompt":"x","sampler":"a"}}`,
      'INVALID_PARAMS',
    ],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => decodeClientMessage(text))).toBe(code);
  });

  test('no text crashes the decoder: it decodes or is refused with a code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['BAD_MESSAGE', 'INVALID_PARAMS', 'no error']).toContain(codeOf(() => decodeClientMessage(text)));
      }),
    );
  });
});

describe('server messages', () => {
  test('unknown fields are kept out of the way, known ones are typed', () => {
    const text = JSON.stringify({ type: 'queued', jobId, seq: 1, position: 0, mood: 'calm' });
    expect(decodeServerMessage(text)).toMatchObject({ type: 'queued', position: 0 });
  });
});

describe('preview frames', () => {
  const header: PreviewHeader = {
    type: 'preview',
    jobId,
    seq: 3,
    image: 0,
    step: 2,
    width: 2,
    height: 1,
    format: 'rgb',
  };

  test('any payload comes back as it went, from any offset in a buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(16), (payload, offset) => {
        const frame = encodePreview(header, payload);
        const moved = new Uint8Array(frame.length + offset);
        moved.set(frame, offset);
        const decoded = decodePreview(moved.subarray(offset));
        expect(decoded.header).toEqual(header);
        expect([...decoded.payload]).toEqual([...payload]);
      }),
    );
  });

  test('the header length is big-endian', () => {
    const frame = encodePreview(header, new Uint8Array());
    expect((frame[0] << 24) | (frame[1] << 16) | (frame[2] << 8) | frame[3]).toBe(frame.length - 4);
  });

  test('garbage is refused with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (garbage) => {
        expect(codeOf(() => decodePreview(garbage))).toBe('BAD_MESSAGE');
      }),
    );
  });
});

test('what a server says cannot move the cursor or write the clipboard of whoever reads it', () => {
  const message = 'it broke\x1b]52;c;cGF5bG9hZA==\x07\x1b[2J\x9b2J\nsorry\tso';
  const text = JSON.stringify({ type: 'failed', jobId, seq: 1, code: 'INTERNAL', message });
  expect(decodeServerMessage(text)).toMatchObject({ message: 'it broke]52;c;cGF5bG9hZA==[2J2J\nsorry\tso' });
});
