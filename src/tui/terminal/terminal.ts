/** The terminal as the UI has it: asked what it can, its replies kept apart from keys, and given back as it was. */
import type { PreviewChoice } from '../../client/settings.js';
import type { Graphics } from '../graphics/protocol.js';
import { createAsk } from './ask.js';
import { type CellSizes, watchCellSize } from './cell-size.js';
import { chooseGraphics, isWithoutPictures } from './choose-graphics.js';
import { NO_REPORT, probeTerminal, type TerminalReport } from './probe.js';
import { createTerminalModes } from './restore.js';
import { createStdinFilter } from './stdin-filter.js';

export interface Terminal {
  /** For Ink: keys only. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** How pictures are shown; undefined = not at all. */
  readonly graphics: Graphics | undefined;
  readonly cells: CellSizes;
  /** Escapes for the terminal around it must be wrapped. */
  readonly inTmux: boolean;
  /** The window got the focus: a multiplexer may have dropped pictures meanwhile. Told only where that happens. */
  onFocus(listener: () => void): void;
}

export interface OpenTerminal extends Terminal {
  readonly report: TerminalReport;
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
}

/** Longer holds up the user's shell. */
const LATE_REPLIES_MS = 200;

/** In raw mode from here on. */
export async function openTerminal({ stdin, stdout, env, preview }: TerminalOptions): Promise<OpenTerminal> {
  const filter = createStdinFilter(stdin);
  const write = (text: string) => void stdout.write(text);
  const modes = createTerminalModes(write);
  const asking = createAsk(write, filter.onReply);
  filter.onRawMode(modes.setOurs);
  filter.stdin.setRawMode(true);
  const report = isWithoutPictures(preview, env) ? NO_REPORT : await probeTerminal(asking.ask, env, stdout);
  const graphics = chooseGraphics(preview, env, report);
  const cells = watchCellSize(stdout, asking.ask, report);
  if (graphics?.inTmux && graphics.protocol === 'kitty') modes.use('focus');
  function restore(): void {
    cells.stop();
    modes.setOurs(false);
  }
  return {
    stdin: filter.stdin,
    stdout,
    graphics,
    cells,
    inTmux: (env.TMUX ?? '') !== '',
    report,
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
