/** How fast a pull goes and how long it will take, from the bytes that came lately. */

export interface Transfer {
  doneBytes: number;
  totalBytes: number;
  /** undefined = too early to tell. */
  bytesPerSecond: number | undefined;
  etaMs: number | undefined;
}

/** Long enough to be steady, short enough to notice a link that became slow. */
const WINDOW_MS = 15_000;
const MIN_MS = 500;

/** @param now milliseconds, from any start  @returns takes each count of done bytes, in order */
export function createTransferMeter(now: () => number): (doneBytes: number, totalBytes: number) => Transfer {
  let seen: { at: number; doneBytes: number }[] = [];
  return (doneBytes, totalBytes) => {
    const at = now();
    // A file that came wrong begins again: what was counted for it is gone.
    if (doneBytes < (seen.at(-1)?.doneBytes ?? 0)) seen = [];
    seen = [...seen.filter((sample) => at - sample.at <= WINDOW_MS), { at, doneBytes }];
    const elapsedMs = at - seen[0].at;
    const bytes = doneBytes - seen[0].doneBytes;
    if (elapsedMs < MIN_MS || bytes === 0)
      return { doneBytes, totalBytes, bytesPerSecond: undefined, etaMs: undefined };
    return {
      doneBytes,
      totalBytes,
      bytesPerSecond: (bytes * 1000) / elapsedMs,
      etaMs: ((totalBytes - doneBytes) * elapsedMs) / bytes,
    };
  };
}
