/** What the terminal says of itself: one batch of queries at the start, its end marked by the reply that all give. */
import { type Ask, isDa1 } from './ask.js';
import { BACKGROUND_QUERY } from './background.js';
import { CELL_SIZE_QUERY, type CellSize, readCellSize, settleCellSize } from './cell-size.js';
import { readSixelRoom, SIXEL_ROOM_QUERY, type SixelLimit } from './sixel-room.js';
import { askTmux, type TmuxClient } from './tmux-client.js';

export interface TerminalReport {
  /** Name and version as it tells them (XTVERSION): `kitty(0.41.1)`. */
  version: string | undefined;
  /** Takes kitty's graphics escapes. */
  kitty: boolean;
  sixel: boolean;
  /** Of sixel pictures, where the terminal knows them. */
  sixelLimit: SixelLimit | undefined;
  /** Left out when it does not tell. */
  cell: CellSize | undefined;
  /** Knows synchronized updates (mode 2026): undefined when it does not tell. */
  synchronized: boolean | undefined;
  /** All replies came in time. */
  isComplete: boolean;
  tmux: TmuxClient | undefined;
}

const LOCAL_TIMEOUT_MS = 300;
const REMOTE_TIMEOUT_MS = 1000;
const QUERY_ID = 31;
/** One pixel that is checked and thrown away. */
const KITTY_QUERY = `\x1b_Gi=${QUERY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\`;
const [VERSION_QUERY, SYNC_QUERY] = ['\x1b[>0q', '\x1b[?2026$p'];
/** A terminal that prints what it does not know prints it unseen, and then it is wiped. */
const [HIDE, SHOW] = ['\x1b7\x1b[8m', '\x1b[0m\x1b8\x1b[K'];
/** DA1's number for sixel. */
const SIXEL_ATTRIBUTE = '4';

export function isRemote({ SSH_CONNECTION = '', SSH_TTY = '', SSH_CLIENT = '' }: NodeJS.ProcessEnv): boolean {
  return SSH_CONNECTION + SSH_TTY + SSH_CLIENT !== '';
}

/** Multiplexers take kitty's escape for a title, and the console prints it. */
function takesKittyQuery({ TMUX = '', STY = '', TERM = '' }: NodeJS.ProcessEnv): boolean {
  return TMUX + STY === '' && TERM !== 'linux';
}

/** The console prints what it does not know; screen has no answer of its own. */
function takesColorQuery({ STY = '', TERM = '' }: NodeJS.ProcessEnv): boolean {
  return STY === '' && TERM !== 'linux';
}

/** Of a terminal that was not asked. */
export const NO_REPORT: TerminalReport = {
  version: undefined,
  kitty: false,
  sixel: false,
  sixelLimit: undefined,
  cell: undefined,
  synchronized: undefined,
  isComplete: false,
  tmux: undefined,
};

/** @param ask of a terminal in raw mode, or the replies would be echoed */
export async function probeTerminal(
  ask: Ask,
  env: NodeJS.ProcessEnv,
  screen: { columns: number; rows: number },
): Promise<TerminalReport> {
  const strings = (takesKittyQuery(env) ? KITTY_QUERY : '') + (takesColorQuery(env) ? BACKGROUND_QUERY : '');
  const queries = strings + VERSION_QUERY + CELL_SIZE_QUERY + SYNC_QUERY;
  const timeoutMs = isRemote(env) ? REMOTE_TIMEOUT_MS : LOCAL_TIMEOUT_MS;
  const [replies, tmux] = await Promise.all([
    ask(HIDE + queries + SHOW, timeoutMs),
    (env.TMUX ?? '') === '' ? undefined : askTmux(env),
  ]);
  const report = readReplies(replies);
  const isDirect = (env.TMUX ?? '') === '';
  const room = report.sixel && isDirect ? readSixelRoom(await ask(SIXEL_ROOM_QUERY, timeoutMs)) : undefined;
  const reported = readCellSize(replies, screen);
  const cell = reported ?? (room && (await settleCellSize(room, screen, ask, timeoutMs)));
  return { ...report, sixelLimit: room?.limit, cell, tmux };
}

/** In any order: some terminals answer what they do not know at once, and the rest later. */
function readReplies(replies: readonly string[]): Omit<TerminalReport, 'cell' | 'sixelLimit' | 'tmux'> {
  // The first character is the escape, and that before the last backslash.
  const find = (pattern: RegExp) =>
    replies.map((reply) => pattern.exec(reply)?.[1]).find((found) => found !== undefined);
  const attributes = find(/^.\[\?([\d;]*)c$/)?.split(';') ?? [];
  const synchronized = find(/^.\[\?2026;(\d)\$y$/);
  return {
    version: find(/^.P>\|(.*).\\$/),
    kitty: find(new RegExp(`^._Gi=${QUERY_ID}[^;]*;(OK).\\\\$`)) !== undefined,
    // The first number is the terminal's class, which may be 4 as well.
    sixel: attributes.slice(1).includes(SIXEL_ATTRIBUTE),
    synchronized: synchronized === undefined ? undefined : synchronized !== '0' && synchronized !== '4',
    isComplete: replies.some(isDa1),
  };
}
