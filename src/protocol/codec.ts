/** Bytes ↔ messages: text frames are JSON, binary frames are u32 big-endian header length, JSON header, payload. */
import { parseWith, SafelightError, toInvalidParams } from './errors.js';
import {
  type ClientMessage,
  type ClientMessageInput,
  ClientMessageSchema,
  type PreviewHeader,
  PreviewHeaderSchema,
  type ServerMessage,
  ServerMessageSchema,
} from './messages.js';
import { toPrintableValue } from './printable.js';
import { parseWideJson } from './wide-json.js';

const HEADER_LENGTH_BYTES = 4;
/** Far above any header we write; a larger one is garbage, not a picture. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Far above any message we write; 32 MB of brackets would become gigabytes of objects. */
const MAX_SERVER_TEXT_CHARS = 1024 * 1024;

/** JSON or a clear refusal. @throws SafelightError BAD_MESSAGE */
function parseJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new SafelightError('BAD_MESSAGE', 'not JSON', { cause });
  }
}

/**
 * Parameters keep their own code, so that a client can tell a bad picture from a bad message.
 * @throws SafelightError BAD_MESSAGE | INVALID_PARAMS
 */
export function decodeClientMessage(text: string): ClientMessage {
  const result = ClientMessageSchema.safeParse(parseJson(text, parseWideJson));
  if (result.success) return result.data;
  const onlyParams = result.error.issues.every((issue) => issue.path[0] === 'params');
  throw toInvalidParams(result.error, onlyParams ? 'INVALID_PARAMS' : 'BAD_MESSAGE');
}

export function encodeClientMessage(message: ClientMessageInput): string {
  return JSON.stringify(message);
}

/** Without control characters in its texts. @throws SafelightError BAD_MESSAGE */
export function decodeServerMessage(text: string): ServerMessage {
  if (text.length > MAX_SERVER_TEXT_CHARS)
    throw new SafelightError('BAD_MESSAGE', `a message of ${text.length} characters`);
  return parseWith(
    ServerMessageSchema,
    parseJson(text, (json) => JSON.parse(json, toPrintableValue)),
    'BAD_MESSAGE',
  );
}

export function encodeServerMessage(message: ServerMessage): string {
  return JSON.stringify(message);
}

export function encodePreview(header: PreviewHeader, payload: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(HEADER_LENGTH_BYTES + json.length + payload.length);
  new DataView(frame.buffer).setUint32(0, json.length);
  frame.set(json, HEADER_LENGTH_BYTES);
  frame.set(payload, HEADER_LENGTH_BYTES + json.length);
  return frame;
}

/** The payload is a view into `frame`, not a copy. @throws SafelightError BAD_MESSAGE */
export function decodePreview(frame: Uint8Array): { header: PreviewHeader; payload: Uint8Array } {
  if (frame.length < HEADER_LENGTH_BYTES) throw new SafelightError('BAD_MESSAGE', 'binary frame too short');
  const headerBytes = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
  const payloadStart = HEADER_LENGTH_BYTES + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || payloadStart > frame.length) {
    throw new SafelightError('BAD_MESSAGE', `binary frame of ${frame.length} bytes claims a header of ${headerBytes}`);
  }
  const json = new TextDecoder().decode(frame.subarray(HEADER_LENGTH_BYTES, payloadStart));
  return {
    header: parseWith(PreviewHeaderSchema, parseJson(json), 'BAD_MESSAGE'),
    payload: frame.subarray(payloadStart),
  };
}
