/** The best way to show pictures here: the user's word, else what brand and environment nominate and the terminal confirms. */
import type { PreviewChoice } from '../../client/settings.js';
import { type Graphics, type Protocol, toTextProtocol } from '../graphics/protocol.js';
import { type Brand, brandOfEnv, brandOfVersion, knowsPlaceholders, UNKNOWN_BRAND } from './brands.js';
import { isPlain, isTruecolor, type PictureColor } from './color-depth.js';
import { isRemote, type TerminalReport } from './probe.js';

/** Nothing that the terminal says could change that. */
export function isWithoutPictures(choice: PreviewChoice, env: NodeJS.ProcessEnv): boolean {
  return choice === 'off' || (choice === 'auto' && isPlain(env));
}

/** @returns undefined = no pictures */
export function chooseGraphics(
  choice: PreviewChoice,
  env: NodeJS.ProcessEnv,
  report: TerminalReport,
): Graphics | undefined {
  if (choice === 'off' || isWithoutPictures(choice, env)) return undefined;
  const inTmux = (env.TMUX ?? '') !== '';
  const brand = brandOf(env, report, inTmux);
  const color = colorOf(choice, env, report, brand);
  const protocol =
    choice === 'auto'
      ? (best(brand, report, inTmux) ?? toTextProtocol(color))
      : forced(choice, hasPlaceholders(brand, report) || inTmux);
  return { protocol, color, isRemote: isRemote(env), inTmux };
}

/** A terminal that tells its name is no other; inside tmux the environment may be that of another terminal. */
export function brandOf(env: NodeJS.ProcessEnv, { version, tmux }: TerminalReport, inTmux: boolean): Brand {
  if (inTmux) return brandOfVersion(tmux?.version ?? '') ?? UNKNOWN_BRAND;
  return (version === undefined ? brandOfEnv(env) : brandOfVersion(version)) ?? UNKNOWN_BRAND;
}

function best(brand: Brand, report: TerminalReport, inTmux: boolean): Protocol | undefined {
  return brand.protocols.find((protocol) => confirms(protocol, brand, report, inTmux));
}

function confirms(protocol: Protocol, brand: Brand, report: TerminalReport, inTmux: boolean): boolean {
  const { kitty, sixel, cell, tmux } = report;
  switch (protocol) {
    case 'kitty':
      return hasPlaceholders(brand, report) && (inTmux ? tmux?.passthrough === true : kitty);
    case 'kitty-place':
      // tmux would not know where the picture is.
      return kitty && !inTmux;
    case 'iterm2':
      // There is no query for it: a terminal of a brand that knows it shows other pictures, too, or they are switched off.
      return (sixel || kitty) && !inTmux;
    case 'sixel':
      // tmux drops a sixel picture as soon as text changes in one of its lines. Without the cells' size no picture can be
      // made to fit.
      return sixel && cell !== undefined && !inTmux;
    default:
      return true;
  }
}

function hasPlaceholders(brand: Brand, { version, tmux }: TerminalReport): boolean {
  return knowsPlaceholders(brand, tmux?.version ?? version ?? '');
}

function forced(choice: Exclude<PreviewChoice, 'auto' | 'off'>, hasPlaceholders: boolean): Protocol {
  return choice === 'kitty' && !hasPlaceholders ? 'kitty-place' : choice;
}

function colorOf(choice: PreviewChoice, env: NodeJS.ProcessEnv, { tmux }: TerminalReport, brand: Brand): PictureColor {
  if (choice === 'halfblock') return 'truecolor';
  if (choice === '256' || (env.STY ?? '') !== '') return '256';
  if (tmux !== undefined) return tmux.features.includes('RGB') ? 'truecolor' : '256';
  return brand.truecolor || isTruecolor(env) ? 'truecolor' : '256';
}
