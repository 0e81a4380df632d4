/** The best way to show pictures here: the user's word, else what brand and environment nominate and the terminal confirms. */
import type { PreviewChoice } from '../../client/settings.js';
import { type Graphics, type Protocol, toTextProtocol } from '../graphics/protocol.js';
import { type Brand, brandOfEnv, brandOfVersion, knowsPlaceholders, UNKNOWN_BRAND } from './brands.js';
import { isDumb, isTruecolor, refusesColor } from './color-depth.js';
import { isRemote, type TerminalReport } from './probe.js';

/** Neither how pictures are shown nor in which colours text is written depends on what the terminal answers. */
export function needsNoAnswers(choice: PreviewChoice, env: NodeJS.ProcessEnv): boolean {
  return isDumb(env) || (choice === 'off' && refusesColor(env));
}

/** @returns undefined = no pictures */
export function chooseGraphics(
  choice: PreviewChoice,
  env: NodeJS.ProcessEnv,
  report: TerminalReport,
): Graphics | undefined {
  if (choice === 'off' || (choice === 'auto' && isDumb(env))) return undefined;
  const inTmux = isInTmux(env);
  const brand = brandOf(env, report, inTmux);
  const color = colorOf(choice, env, report, brand);
  const protocol =
    choice === 'auto'
      ? (best(brand, report, inTmux) ?? (color === 'none' ? undefined : toTextProtocol(color)))
      : forced(choice, hasPlaceholders(brand, report) || inTmux);
  const sixelLimit = protocol === 'sixel' ? report.sixelLimit : undefined;
  return protocol && { protocol, color, isRemote: isRemote(env), inTmux, ...(sixelLimit && { sixelLimit }) };
}

export function isInTmux({ TMUX = '' }: NodeJS.ProcessEnv): boolean {
  return TMUX !== '';
}

/** A terminal that tells its name is no other; inside tmux the environment may be that of another terminal. */
export function brandOf(env: NodeJS.ProcessEnv, { version, tmux }: TerminalReport, inTmux: boolean): Brand {
  if (inTmux) return brandOfVersion(tmux?.version ?? '') ?? UNKNOWN_BRAND;
  return (version === undefined ? brandOfEnv(env) : brandOfVersion(version)) ?? UNKNOWN_BRAND;
}

function best(brand: Brand, report: TerminalReport, inTmux: boolean): Protocol | undefined {
  return brand.protocols.find((protocol) => refusalOf(protocol, brand, report, inTmux) === undefined);
}

/** @returns why the terminal does not show such pictures, in words; undefined = it does */
export function refusalOf(
  protocol: Protocol,
  brand: Brand,
  report: TerminalReport,
  inTmux: boolean,
): string | undefined {
  const { kitty, sixel, cell, tmux } = report;
  switch (protocol) {
    case 'kitty':
      if (!hasPlaceholders(brand, report)) return 'this version does not know placeholders';
      if (inTmux) return tmux?.passthrough === true ? undefined : 'tmux does not pass them through';
      return kitty ? undefined : 'the terminal does not answer to them';
    case 'kitty-place':
      // tmux would not know where the picture is.
      if (inTmux) return 'tmux would not know where they are';
      return kitty ? undefined : 'the terminal does not answer to them';
    case 'iterm2':
      // There is no query for it: a terminal of a brand that knows it shows other pictures, too, or they are switched off.
      if (inTmux) return 'tmux would not know where they are';
      return sixel || kitty ? undefined : 'the terminal shows no pictures, or they are switched off';
    case 'sixel':
      // tmux drops a sixel picture as soon as text changes in one of its lines. Without the cells' size no picture can be
      // made to fit.
      if (inTmux) return 'tmux drops them when text changes';
      if (!sixel) return 'the terminal does not say that it knows them';
      return cell === undefined ? 'the terminal does not say how large its cells are' : undefined;
    default:
      return undefined;
  }
}

function hasPlaceholders(brand: Brand, { version, tmux }: TerminalReport): boolean {
  return knowsPlaceholders(brand, tmux?.version ?? version ?? '');
}

function forced(choice: Exclude<PreviewChoice, 'auto' | 'off'>, hasPlaceholders: boolean): Protocol {
  return choice === 'kitty' && !hasPlaceholders ? 'kitty-place' : choice;
}

function colorOf(
  choice: PreviewChoice,
  env: NodeJS.ProcessEnv,
  { tmux }: TerminalReport,
  brand: Brand,
): Graphics['color'] {
  if (choice === 'halfblock') return 'truecolor';
  if (choice === '256') return '256';
  if (refusesColor(env)) return 'none';
  if ((env.STY ?? '') !== '') return '256';
  if (tmux !== undefined) return tmux.features.includes('RGB') ? 'truecolor' : '256';
  return brand.truecolor || isTruecolor(env) ? 'truecolor' : '256';
}
