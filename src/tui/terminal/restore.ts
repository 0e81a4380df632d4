/** Modes that Ink knows nothing of: what was switched on must be switched off, whatever ends the process. */

/** Private modes, by their numbers (DECSET). */
const MODES = {
  /** Tells when the window gets and loses the focus. */
  focus: '1004',
} as const;

export interface TerminalModes {
  switchOn(mode: keyof typeof MODES): void;
  /** For every way out: at once, and only what is on. */
  restore(): void;
}

export function createTerminalModes(write: (text: string) => void): TerminalModes {
  const on = new Set<string>();
  return {
    switchOn(mode) {
      on.add(MODES[mode]);
      write(`\x1b[?${MODES[mode]}h`);
    },
    restore() {
      for (const number of on) write(`\x1b[?${number}l`);
      on.clear();
    },
  };
}
