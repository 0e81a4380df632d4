/** What a server may say to hostile input: a code of the table with its status, or a close code; nothing of its inside. */
import { z } from 'zod';
import { ERROR_TABLE, ErrorBodySchema, toErrorCode } from '../../src/protocol/errors.js';
import { CLOSE_CODES, type ServerMessage } from '../../src/protocol/messages.js';

export interface AnswerRules {
  /** Each throws with what is wrong. */
  checkHttp(status: number, text: string): void;
  checkMessage(message: ServerMessage): void;
  checkClose(code: number | undefined): void;
  checkLeak(text: string): void;
}

/** What HTTP itself refuses has no body: the request was never understood. */
const BARE_STATUSES = [400, 408, 413, 417, 431];
/** RFC 6455 §7.4.1: going away, protocol error, not UTF-8, too many parts, too large. */
const CODES_OF_CLOSE: readonly number[] = [1001, 1002, 1007, 1008, 1009, ...Object.values(CLOSE_CODES)];
const HttpErrorSchema = z.strictObject({ error: ErrorBodySchema });

/** @param secrets that must show nowhere */
export function createAnswerRules(secrets: readonly string[]): AnswerRules {
  function checkLeak(text: string): void {
    const secret = secrets.find((each) => text.includes(each)) ?? /\n {4}at .*/.exec(text)?.[0];
    if (secret !== undefined) throw new Error(`tells ${secret}: ${text.slice(0, 500)}`);
  }

  /** @returns its status */
  function checkCode(code: string): number {
    const known = toErrorCode(code, 'INTERNAL');
    if (known === 'INTERNAL') throw new Error(`answered with ${code}`);
    return ERROR_TABLE[known].status;
  }

  return {
    checkLeak,
    checkHttp(status, text) {
      checkLeak(text);
      if (status < 400 || (text === '' && BARE_STATUSES.includes(status))) return;
      const { error } = HttpErrorSchema.parse(JSON.parse(text));
      if (checkCode(error.code) !== status) throw new Error(`${error.code} has another status than ${status}`);
    },
    checkMessage(message) {
      checkLeak(JSON.stringify(message));
      if (message.type === 'error' || message.type === 'failed') checkCode(message.code);
    },
    checkClose(code) {
      if (code !== undefined && !CODES_OF_CLOSE.includes(code)) throw new Error(`closed with ${code}`);
    },
  };
}
