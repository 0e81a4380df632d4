/** Lets progress through a few times a second, the newest at the end: each telling costs a whole frame of Ink's. */
export interface ProgressPace<T> {
  /** Told at once when the last was long enough ago, else as soon as that is so, unless another comes. */
  push(progress: T): void;
  /** What waits is told now: something comes after it. */
  flush(): void;
}

const INTERVAL_MS = 200;

export function createProgressPace<T>(
  tell: (progress: T) => void,
  now: () => number = () => performance.now(),
): ProgressPace<T> {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let waiting: { progress: T } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined) return;
    const { progress } = waiting;
    waiting = undefined;
    toldAtMs = now();
    tell(progress);
  }

  return {
    flush,
    push(progress) {
      waiting = { progress };
      const waitMs = toldAtMs + INTERVAL_MS - now();
      if (waitMs <= 0) flush();
      else timer ??= setTimeout(flush, waitMs);
    },
  };
}
