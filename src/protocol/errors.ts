/** The stable error codes: one row a code, with its HTTP status, the command's exit code and whether trying again helps. */
import { z } from 'zod';

interface ErrorRow {
  /** HTTP status of the answer. */
  status: number;
  /** Exit code of `safelight` (design §4): 1 job failed, 2 usage, 3 cannot reach or not allowed, 4 timed out. */
  exitCode: 1 | 2 | 3 | 4;
  /** Would the same request succeed later? */
  retry: boolean;
  meaning: string;
}

export const ERROR_TABLE = {
  BAD_MESSAGE: { status: 400, exitCode: 2, retry: false, meaning: 'not JSON, or an unknown or malformed message' },
  INVALID_PARAMS: {
    status: 400,
    exitCode: 2,
    retry: false,
    meaning: 'a parameter is out of range, missing or unknown',
  },
  UNSUPPORTED: { status: 400, exitCode: 2, retry: false, meaning: 'this model or server cannot do that' },
  MODEL_INVALID: { status: 400, exitCode: 2, retry: false, meaning: 'a model folder is damaged or of an unknown kind' },
  MODEL_NOT_FOUND: { status: 404, exitCode: 2, retry: false, meaning: 'the server has no such model' },
  UNAUTHORIZED: { status: 401, exitCode: 3, retry: false, meaning: 'the token is missing or wrong' },
  FORBIDDEN: { status: 403, exitCode: 3, retry: false, meaning: 'this origin may not use the server' },
  NOT_FOUND: { status: 404, exitCode: 1, retry: false, meaning: 'no such route, job or picture' },
  CONFLICT: { status: 409, exitCode: 1, retry: false, meaning: 'the same job id came with other parameters' },
  CANCELLED: { status: 409, exitCode: 1, retry: false, meaning: 'the job was cancelled before it ended' },
  PAYLOAD_TOO_LARGE: { status: 413, exitCode: 2, retry: false, meaning: 'the request is larger than the server takes' },
  RANGE_NOT_SATISFIABLE: { status: 416, exitCode: 1, retry: false, meaning: 'the asked bytes are beyond the file' },
  QUEUE_FULL: { status: 429, exitCode: 1, retry: true, meaning: 'too many jobs are waiting' },
  RATE_LIMITED: { status: 429, exitCode: 1, retry: true, meaning: 'too many requests in a short time' },
  ENGINE_FAILED: { status: 500, exitCode: 1, retry: true, meaning: 'the engine process ended or broke during the job' },
  OUT_OF_MEMORY: { status: 500, exitCode: 1, retry: false, meaning: 'the picture does not fit in memory' },
  DISK_FULL: { status: 507, exitCode: 1, retry: false, meaning: 'not enough room on the disk' },
  INTERNAL: { status: 500, exitCode: 1, retry: false, meaning: 'a bug; the server log has the details' },
  SHUTTING_DOWN: { status: 503, exitCode: 3, retry: true, meaning: 'the server is stopping' },
  TIMEOUT: { status: 504, exitCode: 4, retry: true, meaning: 'it took longer than allowed' },
  /** Made by the client only: no answer, a refused connection or a lost link. */
  CONNECTION_FAILED: { status: 502, exitCode: 3, retry: true, meaning: 'the server cannot be reached' },
  /** What a tunnel says for good (`tunnel-errors.ts`), at either end of it. */
  TUNNEL_REFUSED: { status: 502, exitCode: 3, retry: false, meaning: 'the tunnel in front of the server refuses' },
  /** Made by the client only: what came is not what the server announced. */
  BAD_ANSWER: { status: 502, exitCode: 3, retry: true, meaning: 'the server answered something unexpected' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** A code from the other side, which may be newer than this table. */
export function toErrorCode(code: string, otherwise: ErrorCode): ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code) ? (code as ErrorCode) : otherwise;
}

export const IssueSchema = z.object({ path: z.string(), message: z.string() });
export type Issue = z.infer<typeof IssueSchema>;

/** The body of every HTTP error, and the `error` field of failed work: `{code, message, issues?}`. */
export const ErrorBodySchema = z.object({
  code: z.string(),
  message: z.string(),
  issues: z.array(IssueSchema).optional(),
  /** When the same request may succeed. */
  retryAfterMs: z.number().optional(),
});
export type ErrorBody = z.infer<typeof ErrorBodySchema>;

interface ErrorOptions {
  cause?: unknown;
  issues?: Issue[] | undefined;
  retryAfterMs?: number | undefined;
}

/** An error with a stable code that may cross the wire. Anything else is a bug and leaves as INTERNAL. */
export class SafelightError extends Error {
  readonly code: ErrorCode;
  readonly issues: Issue[] | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'SafelightError';
    this.code = code;
    this.issues = options.issues;
    this.retryAfterMs = options.retryAfterMs;
  }

  toBody(): ErrorBody {
    const { code, message, issues, retryAfterMs } = this;
    return { code, message, ...(issues && { issues }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
}

/** The one place where an unknown throw becomes a wire error: a bug keeps its cause and shows a neutral message. */
export function toSafelightError(thrown: unknown): SafelightError {
  if (thrown instanceof SafelightError) return thrown;
  return new SafelightError('INTERNAL', 'something went wrong inside the server; its log has the details', {
    cause: thrown,
  });
}

/** A hostile request has as many mistakes as fit into it: the answer must not be larger than the question. */
const MAX_ISSUES = 20;
const MAX_ISSUE_CHARS = 300;

/** All that is wrong, in words a person can act on: `width: must be a multiple of 8; steps: Too big: …`. */
export function toRefusal(all: readonly Issue[], code: ErrorCode = 'INVALID_PARAMS'): SafelightError {
  const issues = all
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ path: shorten(path), message: shorten(message) }));
  const words = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  if (all.length > MAX_ISSUES) words.push(`and ${all.length - MAX_ISSUES} more`);
  return new SafelightError(code, words.join('; '), { issues });
}

export function toInvalidParams(error: z.ZodError, code: ErrorCode = 'INVALID_PARAMS'): SafelightError {
  return toRefusal(
    error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    code,
  );
}

function shorten(text: string): string {
  return text.length <= MAX_ISSUE_CHARS ? text : `${text.slice(0, MAX_ISSUE_CHARS)}…`;
}

/** Parses at the border, once. @throws SafelightError with `code` */
export function parseWith<T extends z.ZodType>(
  schema: T,
  value: unknown,
  code: ErrorCode = 'INVALID_PARAMS',
): z.output<T> {
  const result = schema.safeParse(value);
  if (!result.success) throw toInvalidParams(result.error, code);
  return result.data;
}
