/** Modes that Ink knows nothing of: on exactly while the terminal is ours, whatever takes it away. */

/** Private modes, by their numbers (DECSET). */
const MODES = {
  /** Tells when the window gets and loses the focus. */
  focus: '1004',
} as const;

export interface TerminalModes {
  /** From now on, while the terminal is ours. */
  use(mode: keyof typeof MODES): void;
  /** The terminal is ours, or another program's, or the shell's again; writes only what changes. */
  setOurs(isOurs: boolean): void;
}

export function createTerminalModes(write: (text: string) => void): TerminalModes {
  const used = new Set<string>();
  let areOn = false;
  return {
    use(mode) {
      used.add(MODES[mode]);
      if (areOn) write(`\x1b[?${MODES[mode]}h`);
    },
    setOurs(isOurs) {
      if (isOurs === areOn) return;
      areOn = isOurs;
      for (const number of used) write(`\x1b[?${number}${isOurs ? 'h' : 'l'}`);
    },
  };
}
