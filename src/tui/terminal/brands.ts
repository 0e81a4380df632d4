/** Which pictures each known terminal shows best, and how it is recognised. */
import type { Protocol } from '../graphics/protocol.js';

export interface Brand {
  name: string;
  /** In its answer to XTVERSION, and in tmux's `client_termtype`. */
  version?: RegExp;
  /** Values of TERM, TERM_PROGRAM or LC_TERMINAL, and variables that only it sets: they may be old, or another's. */
  terms?: readonly string[];
  programs?: readonly string[];
  variables?: readonly string[];
  /** Best first; only what the terminal confirms is used. */
  protocols: readonly Protocol[];
  /** The first version that knows placeholders, where older ones are still about. */
  placeholdersFrom?: readonly [number, number];
  /** Shows 24-bit colours, whether COLORTERM says so or not. */
  truecolor: boolean;
}

const [ITERM2_FIRST, SIXEL_ONLY]: Protocol[][] = [['iterm2', 'sixel'], ['sixel']];

/** After yazi's table; kitty, Konsole, xterm and tmux were tried here, too. */
export const BRANDS: readonly Brand[] = [
  {
    name: 'kitty',
    version: /^kitty\b/,
    terms: ['xterm-kitty'],
    variables: ['KITTY_WINDOW_ID'],
    protocols: ['kitty', 'kitty-place'],
    placeholdersFrom: [0, 28],
    truecolor: true,
  },
  {
    name: 'Ghostty',
    version: /^ghostty\b/i,
    terms: ['xterm-ghostty'],
    programs: ['ghostty'],
    variables: ['GHOSTTY_RESOURCES_DIR'],
    protocols: ['kitty'],
    truecolor: true,
  },
  { name: 'Rio', version: /^Rio\b/i, terms: ['rio'], programs: ['rio'], protocols: ['kitty'], truecolor: true },
  {
    name: 'Konsole',
    version: /^Konsole\b/i,
    variables: ['KONSOLE_VERSION'],
    // It says OK to placeholders, too, and then wrecks the screen; sixel and iTerm2 pictures are not erased by text.
    protocols: ['kitty-place'],
    truecolor: true,
  },
  {
    name: 'iTerm2',
    version: /^iTerm2\b/i,
    programs: ['iTerm.app', 'iTerm2'],
    variables: ['ITERM_SESSION_ID'],
    protocols: ITERM2_FIRST,
    truecolor: true,
  },
  {
    name: 'WezTerm',
    version: /^WezTerm\b/i,
    programs: ['WezTerm'],
    variables: ['WEZTERM_EXECUTABLE'],
    protocols: ITERM2_FIRST,
    truecolor: true,
  },
  {
    name: 'Warp',
    version: /^Warp\b/i,
    programs: ['WarpTerminal'],
    protocols: ['iterm2', 'kitty-place'],
    truecolor: true,
  },
  {
    name: 'VS Code',
    programs: ['vscode'],
    variables: ['VSCODE_INJECTION'],
    protocols: ITERM2_FIRST,
    truecolor: true,
  },
  { name: 'Tabby', programs: ['Tabby'], protocols: ITERM2_FIRST, truecolor: true },
  { name: 'Hyper', programs: ['Hyper'], protocols: ITERM2_FIRST, truecolor: true },
  { name: 'mintty', version: /^mintty\b/i, programs: ['mintty'], protocols: ITERM2_FIRST, truecolor: true },
  { name: 'Bobcat', version: /^Bobcat\b/i, protocols: ITERM2_FIRST, truecolor: true },
  { name: 'foot', version: /^foot\b/i, terms: ['foot', 'foot-extra'], protocols: SIXEL_ONLY, truecolor: true },
  { name: 'xterm', version: /^XTerm\b/, protocols: SIXEL_ONLY, truecolor: true },
  { name: 'Windows Terminal', variables: ['WT_SESSION'], protocols: SIXEL_ONLY, truecolor: true },
  { name: 'BlackBox', programs: ['BlackBox'], protocols: SIXEL_ONLY, truecolor: true },
  { name: 'Alacritty', terms: ['alacritty'], variables: ['ALACRITTY_WINDOW_ID'], protocols: [], truecolor: true },
  { name: 'Apple Terminal', programs: ['Apple_Terminal'], protocols: [], truecolor: false },
  { name: 'urxvt', terms: ['rxvt-unicode-256color'], protocols: [], truecolor: false },
  { name: 'Linux console', terms: ['linux'], protocols: [], truecolor: false },
];

/** What a terminal that is not in the table is tried with. */
export const UNKNOWN_BRAND: Brand = { name: 'unknown', protocols: ['sixel', 'kitty-place'], truecolor: false };

/** @param version `kitty(0.41.1)`, `XTerm(398)`, `Konsole 25.04.2` */
export function brandOfVersion(version: string): Brand | undefined {
  return BRANDS.find((brand) => brand.version?.test(version));
}

/** A nomination only: TERM is the surest, as ssh passes it on; a variable may be inherited from another terminal. */
export function brandOfEnv(env: NodeJS.ProcessEnv): Brand | undefined {
  const { TERM = '', TERM_PROGRAM = '', LC_TERMINAL = '' } = env;
  return (
    BRANDS.find(({ terms }) => terms?.includes(TERM)) ??
    BRANDS.find(({ programs }) => programs?.includes(TERM_PROGRAM) || programs?.includes(LC_TERMINAL)) ??
    BRANDS.find(({ variables }) => variables?.some((name) => (env[name] ?? '') !== ''))
  );
}

/** Placeholders came later than the rest of kitty's protocol. */
export function knowsPlaceholders({ protocols, placeholdersFrom }: Brand, version: string): boolean {
  if (!protocols.includes('kitty')) return false;
  if (placeholdersFrom === undefined) return true;
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return true;
  const [fromMajor, fromMinor] = placeholdersFrom;
  return Number(major) > fromMajor || (Number(major) === fromMajor && Number(minor) >= fromMinor);
}
