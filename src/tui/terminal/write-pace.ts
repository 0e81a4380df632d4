/** How much picture the terminal can take: when writes get slow, fewer and smaller pictures, and at last a plainer kind. */

export interface Pace {
  /** Share of the previews a second that a quick terminal gets. */
  rate: number;
  /** Share of the pixels' side. */
  size: number;
}

export interface WritePace {
  readonly pace: Pace;
  /** A write with pictures in it took this long: in node a terminal that does not read holds up the whole process. */
  wrote(ms: number): void;
}

interface WritePaceOptions {
  onChange(): void;
  /** Slow even at the lowest pace: a plainer kind of picture, please. The pace begins anew. */
  onStepDown(): void;
  now?(): number;
}

/** Above this keys feel late. */
const SLOW_MS = 15;
/** A terminal that stood still for a minute was paused, not slow: no single write counts for more. */
const MOST_MS = 2 * SLOW_MS;
const QUICK_MS = 4;
/** Weight of the newest write in the mean. */
const WEIGHT = 0.25;
/** Writes that show what the last change did; a plainer kind is for good, and takes more. */
const SETTLE_WRITES = 8;
const GIVE_UP_WRITES = 24;
/** How long it must be quick before more is tried. */
const QUICK_FOR_MS = 20_000;

const PACES: readonly Pace[] = [
  { rate: 1, size: 1 },
  { rate: 0.5, size: 1 },
  { rate: 0.5, size: 0.5 },
  { rate: 0.25, size: 0.5 },
];

export function createWritePace({ onChange, onStepDown, now = Date.now }: WritePaceOptions): WritePace {
  let level = 0;
  let mean = 0;
  let writes = 0;
  let quickSince = now();

  function begin(next: number): void {
    [level, mean, writes, quickSince] = [next, 0, 0, now()];
  }

  function slowDown(): void {
    if (level + 1 < PACES.length) {
      begin(level + 1);
      onChange();
    } else {
      begin(0);
      onStepDown();
    }
  }

  return {
    get pace() {
      return PACES[level];
    },
    wrote(ms) {
      writes += 1;
      mean += (writes === 1 ? 1 : WEIGHT) * (Math.min(ms, MOST_MS) - mean);
      if (mean > QUICK_MS) quickSince = now();
      if (writes < (level + 1 < PACES.length ? SETTLE_WRITES : GIVE_UP_WRITES)) return;
      if (mean > SLOW_MS) slowDown();
      else if (level > 0 && now() - quickSince >= QUICK_FOR_MS) {
        begin(level - 1);
        onChange();
      }
    },
  };
}
