/** Paths as people type, paste or drag them into a terminal: quoted, escaped, as a file URL, or from the home folder. */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Terminals write a dragged file in many ways: quoted for a shell (GNOME Terminal, Konsole, kitty, Windows Terminal), with
 * backslashes (macOS, iTerm2, WezTerm), as a URL, or as it is with a space behind it (Alacritty). Nothing was dragged where the
 * text itself is a path that exists: names may hold quotes, backslashes and `~`.
 * @returns the first reading that exists, else the likeliest; relative paths stay relative
 */
export async function toPath(typed: string): Promise<string> {
  const text = typed.trim();
  const plain = unquote(text);
  for (const path of [typed, text, expand(text), plain, expand(plain)]) if (await exists(path)) return path;
  return expand(isFileUrl(text) || !isDragged(text) ? text : plain);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const isFileUrl = (text: string) => /^file:/i.test(text);
const isWindows = process.platform === 'win32';
/** As a POSIX shell reads them. Only what a program would escape counts as an escape: in `a\new` the backslash is a letter. */
const QUOTED_PART = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\([^\p{L}\p{N}])/gsu;

function unquote(text: string): string {
  if (isWindows) return text.replace(/^(["'])(.*)\1$/s, '$2');
  return text.replace(
    QUOTED_PART,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\([$`"\\])/g, '$1') ?? escaped ?? '',
  );
}

/** Of a path that is still to be made: `Bob's and Ann's` is a name, and what a program quotes begins with the quote. */
function isDragged(text: string): boolean {
  return /^['"]/.test(text) || !/['"]/.test(text.replace(/\\./gs, ''));
}

function expand(text: string): string {
  if (isFileUrl(text)) return fromFileUrl(text) ?? text;
  const isInHome = isWindows ? /^~(?=$|[/\\])/ : /^~(?=$|\/)/;
  return isInHome.test(text) ? join(homedir(), text.slice(1)) : text;
}

/** The path on this machine, whichever host the URL names. @returns undefined when it is not a valid file URL */
function fromFileUrl(text: string): string | undefined {
  try {
    // In a file's name they are letters, and not every program encodes them.
    const url = new URL(text.replace(/[?#]/g, encodeURIComponent).replace(/%(?![0-9a-f]{2})/gi, '%25'));
    if (!isWindows) url.host = '';
    const path = fileURLToPath(url);
    return path.includes('\0') ? undefined : path;
  } catch {
    return undefined;
  }
}
