/** Why pictures are shown as they are here, and what would show better ones: for `doctor`. */
import type { PreviewChoice } from '../../client/settings.js';
import { type Graphics, PROTOCOL_NAMES } from '../graphics/protocol.js';
import { UNKNOWN_BRAND } from './brands.js';
import { brandOf, isInTmux, refusalOf } from './choose-graphics.js';
import { isDumb, NO_COLOR_WORDS } from './color-depth.js';
import type { TerminalReport } from './probe.js';

export interface Explanation {
  /** What is shown, and why. */
  text: string;
  /** Left out where nothing could be better. */
  advice: string | undefined;
}

const GUIDE = 'docs/terminal-ui.md has a table of terminals that show more';
const PASSTHROUGH = '`set -g allow-passthrough on` in ~/.tmux.conf lets kitty’s pictures through';

export function explainGraphics(
  choice: PreviewChoice,
  env: NodeJS.ProcessEnv,
  report: TerminalReport,
  graphics: Graphics | undefined,
): Explanation {
  if (choice === 'off') return { text: 'no pictures: --preview off', advice: undefined };
  if (graphics === undefined)
    return isDumb(env)
      ? { text: 'no pictures: TERM names no terminal that could show them', advice: undefined }
      : { text: `no pictures: ${NO_COLOR_WORDS}`, advice: undefined };
  const name = PROTOCOL_NAMES[graphics.protocol] + limitWords(graphics);
  if (choice !== 'auto') return { text: `${name}: --preview ${choice}`, advice: undefined };
  const inTmux = isInTmux(env);
  const brand = brandOf(env, report, inTmux);
  const known = brand === UNKNOWN_BRAND ? 'a terminal that is not in our table' : brand.name;
  if (isText(graphics)) return { text: `${name}: ${whyText(env, report)}`, advice: adviceOf(env, report) };
  return { text: `${name}: the best that ${known} shows`, advice: undefined };
}

const isText = ({ protocol }: Graphics) => protocol === 'halfblock' || protocol === '256';

function limitWords({ protocol, sixelLimit }: Graphics): string {
  if (protocol !== 'sixel' || sixelLimit === undefined) return '';
  const { width, height, colors } = sixelLimit;
  return ` of up to ${width}×${height} pixels and ${colors} colours`;
}

/** The first kind that was tried and refused is the best that there might have been. */
function whyText(env: NodeJS.ProcessEnv, report: TerminalReport): string {
  const inTmux = isInTmux(env);
  if (!report.isComplete) return 'the terminal did not answer in time';
  if (inTmux && report.tmux === undefined) return 'tmux does not say what terminal is around it';
  const brand = brandOf(env, report, inTmux);
  const [protocol] = brand.protocols;
  if (protocol === undefined) return `${brand.name} shows no other pictures`;
  return `${PROTOCOL_NAMES[protocol]} are not possible, ${refusalOf(protocol, brand, report, inTmux) ?? 'for a reason that is not known'}`;
}

function adviceOf(env: NodeJS.ProcessEnv, report: TerminalReport): string {
  const isPassable = brandOf(env, report, isInTmux(env)).protocols.includes('kitty');
  return isInTmux(env) && isPassable && report.tmux?.passthrough === false ? PASSTHROUGH : GUIDE;
}
