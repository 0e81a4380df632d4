/** The terminal as the UI has it: asked what it can, its replies kept apart from keys, and given back as it was. */
import type { PreviewChoice, ThemeChoice } from '../../client/settings.js';
import type { Graphics } from '../graphics/protocol.js';
import { createAsk } from './ask.js';
import { type BackgroundWatch, watchBackground } from './background.js';
import { type CellSizes, watchCellSize } from './cell-size.js';
import { chooseGraphics, isInTmux, needsNoAnswers } from './choose-graphics.js';
import { type CopyWords, copyText } from './clipboard.js';
import { NO_COLOR_WORDS, refusesColor } from './color-depth.js';
import type { LendTerminal } from './job-control.js';
import { NO_REPORT, probeTerminal, type TerminalReport } from './probe.js';
import { createTerminalModes } from './restore.js';
import { createStdinFilter } from './stdin-filter.js';

export interface Terminal {
  /** For Ink: keys only. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** How pictures are shown; undefined = not at all. */
  readonly graphics: Graphics | undefined;
  /** What to say in their place, where they are left out for a reason that the user may not think of. */
  readonly noPictures?: string | undefined;
  readonly background: BackgroundWatch;
  readonly cells: Pick<CellSizes, 'current' | 'subscribe'>;
  /** @returns where the text is now, as in "The path is …" */
  copy(text: string): Promise<CopyWords>;
  /** The window got the focus: a multiplexer may have dropped pictures meanwhile. Told only where that happens. */
  onFocus(listener: () => void): void;
}

export interface OpenTerminal extends Terminal {
  readonly report: TerminalReport;
  /** Gives it back while the work is done, for as long as no screen is on it. */
  lend: LendTerminal;
  /** Takes back what was switched on; at once, so that an exit hook can. */
  restore(): void;
  /** Restores, and gives late replies a moment, so that they are not typed into the shell. */
  close(): Promise<void>;
}

export interface TerminalOptions {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  preview: PreviewChoice;
  theme: ThemeChoice;
}

/** Longer holds up the user's shell. */
const LATE_REPLIES_MS = 200;

/** In raw mode from here on. */
export async function openTerminal({ stdin, stdout, env, preview, theme }: TerminalOptions): Promise<OpenTerminal> {
  const filter = createStdinFilter(stdin);
  const write = (text: string) => void stdout.write(text);
  const modes = createTerminalModes(write);
  const asking = createAsk(write, filter.onReply);
  const background = watchBackground(theme, env, filter.onReply);
  filter.onRawMode(modes.setOurs);
  filter.stdin.setRawMode(true);
  const report = needsNoAnswers(preview, env) ? NO_REPORT : await probeTerminal(asking.ask, env, stdout);
  const graphics = chooseGraphics(preview, env, report);
  const cells = watchCellSize(stdout, asking.ask, report);
  filter.onRawMode(cells.setOurs);
  if (graphics?.inTmux && graphics.protocol === 'kitty') modes.use('focus');
  function restore(): void {
    cells.stop();
    modes.setOurs(false);
  }
  return {
    stdin: filter.stdin,
    stdout,
    graphics,
    background,
    cells,
    copy: (text) => copyText(text, env, isInTmux(env), write),
    noPictures: graphics === undefined && preview !== 'off' && refusesColor(env) ? NO_COLOR_WORDS : undefined,
    report,
    async lend(work) {
      filter.stdin.setRawMode(false);
      await work();
      filter.stdin.setRawMode(true);
    },
    onFocus: filter.onFocus,
    restore,
    async close() {
      restore();
      if (!asking.isAnswered) {
        filter.stdin.setRawMode(true);
        await asking.answered(LATE_REPLIES_MS);
      }
      filter.stdin.setRawMode(false);
    },
  };
}
