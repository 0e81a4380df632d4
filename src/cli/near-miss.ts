/** A command that was misspelt must not become a picture: where a prompt is almost a command's name, asks which is meant. */
import { SIGNAL_EXIT_CODES } from '../tui/ending-signals.js';
import { usageError } from './failure.js';

/** Near to a command, and prompts all the same. */
const ORDINARY = new Set(
  (
    'nerve verve serge swerve servo held heap hell helm hemp kelp whelp yelp modal modem modems modern mode modes modest module modules ' +
    'moles molds morals morels morsels motel motels moves movers yodels verily verity very versify presume reduce refuge refuse rename ' +
    'reside resize result results reuse rescue resale regime revue donor door decor debtor doctors doctoral'
  ).split(' '),
);
/** Two letters of a short name make almost any other word. */
const LONG_NAME = 6;

/**
 * @param args of the command line: only the first can be a command
 * @returns the arguments, with the command in the place of what was misspelt where the person at the terminal says so
 * @throws SafelightError INVALID_PARAMS: nobody can be asked, or did not answer
 */
export async function settleNearMiss(args: string[], commands: readonly string[]): Promise<string[]> {
  const [word, ...rest] = args;
  const command = word === undefined ? undefined : nearestCommand(word, commands);
  if (command === undefined) return args;
  const line = ['safelight', command, ...rest.slice(0, 1).filter(isWord)].join(' ');
  // Two words without quotes are not a prompt anyway.
  if (isWord(rest[0])) throw usageError(`there is no command ${word}; did you mean: ${line}`);
  if (!(process.stdin.isTTY && process.stderr.isTTY))
    throw usageError(`“${word}” is close to the command: ${line}\nTo make a picture of it: safelight --prompt ${word}`);
  const isCommand = await askYesNo(`Did you mean the command “${line}”? With n, “${word}” becomes a picture. [Y/n] `);
  return isCommand ? [command, ...rest] : ['--prompt', ...args];
}

/** @returns undefined for a command as it is, and for what is near to none */
export function nearestCommand(word: string, commands: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  if (commands.includes(word) || ORDINARY.has(lower)) return undefined;
  const isNear = (command: string) => {
    const edits = countEdits(lower, command);
    return edits <= 1 || (edits === 2 && command.length >= LONG_NAME && lower[0] === command[0]);
  };
  return commands.filter(isNear).sort((a, b) => countEdits(lower, a) - countEdits(lower, b))[0];
}

/** Damerau–Levenshtein: letters put in, left out, replaced, or swapped with the next one (Boytsov 2011, optimal string alignment). */
export function countEdits(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2][j - 2] + 1 : replaced;
      row.push(Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced, swapped));
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

function isWord(arg: string | undefined): boolean {
  return arg !== undefined && !arg.startsWith('-');
}

/** Enter is yes. @throws SafelightError INVALID_PARAMS after Ctrl-D */
async function askYesNo(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const left = new AbortController();
  terminal.once('SIGINT', () => {
    terminal.close();
    process.exit(SIGNAL_EXIT_CODES.SIGINT);
  });
  terminal.once('close', () => left.abort());
  try {
    return !/^n/i.test((await terminal.question(question, { signal: left.signal })).trim());
  } catch {
    throw usageError('nothing was made: the question had no answer');
  } finally {
    terminal.close();
  }
}
