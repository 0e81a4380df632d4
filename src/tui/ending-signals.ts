/** The signals that end a program in good order, and the exit codes that shells give them: 128 + the signal's number. */

export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type EndingSignal = keyof typeof SIGNAL_EXIT_CODES;

/** The parts of `process` that are used; given, because only entries touch it. */
export type SignalSource = Pick<NodeJS.Process, 'on' | 'off'>;

/** @returns how to stop listening */
export function onEndingSignal(source: SignalSource, listener: (name: EndingSignal) => void): () => void {
  const stops = (Object.keys(SIGNAL_EXIT_CODES) as EndingSignal[]).map((name) => {
    const own = () => listener(name);
    source.on(name, own);
    return () => source.off(name, own);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

export function isSignalExitCode(code: number): boolean {
  return (Object.values(SIGNAL_EXIT_CODES) as number[]).includes(code);
}
