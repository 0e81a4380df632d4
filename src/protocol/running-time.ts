/** Timers that count only while this process runs: the hours for which Ctrl-Z stops it do not count towards a time-out. */

/** A timer that fires late counts for its own length, so a stop of any length costs at most this much. */
const TICK_MS = 500;

/**
 * @param callback called once, when this process has run for so long
 * @returns how to take it back; after the call it does nothing
 */
export function afterRunningFor(ms: number, callback: () => void): () => void {
  let leftMs = ms;
  let timer: NodeJS.Timeout | undefined;
  function wait(): void {
    const tickMs = Math.min(TICK_MS, leftMs);
    timer = setTimeout(() => {
      leftMs -= tickMs;
      if (leftMs > 0) wait();
      else callback();
    }, tickMs);
  }
  wait();
  return () => clearTimeout(timer);
}
