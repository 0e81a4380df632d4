/** How large a sixel picture may be, and of how many colours, as the terminal reports it (XTSMGRAPHICS). */

export interface SixelLimit {
  width: number;
  height: number;
  colors: number;
}

export interface SixelRoom {
  limit: SixelLimit;
  /** The window in pixels, as far as it is not larger than the limit; undefined when it is not reported. */
  window: { width: number; height: number } | undefined;
}

/**
 * What may be shown now, what may be shown at most, and the colour registers. Only for terminals with sixel: others may take
 * it for a scroll.
 */
export const SIXEL_ROOM_QUERY = '\x1b[?2;1;0S\x1b[?2;4;0S\x1b[?1;1;0S';

/** xterm cuts what is larger than 1000 pixels (its resource maxGraphicSize); more than 256 colours are never sent. */
export const USUAL_SIXEL_LIMIT: SixelLimit = { width: 1000, height: 996, colors: 256 };
/** Rows of pixels that are sent at once. */
const SIXEL_BAND = 6;

/** @param replies to `SIXEL_ROOM_QUERY`, in order */
export function readSixelRoom(replies: readonly string[]): SixelRoom {
  // The first character is the escape; a refusal has another number than 0 behind the item, and no more after it.
  const reports = replies.flatMap((reply) => {
    const [, item, status, ...sizes] = /^.\[\?([12]);(\d)(?:;(\d+))?(?:;(\d+))?S$/.exec(reply) ?? [];
    return item === undefined ? [] : [{ item, sizes: status === '0' ? sizes.map(Number) : [] }];
  });
  const [now, atMost] = reports.filter(({ item }) => item === '2').map(toSize);
  const [colors] = reports.filter(({ item }) => item === '1').map(({ sizes }) => sizes[0]);
  const usual = USUAL_SIXEL_LIMIT;
  const { width, height } = atMost ?? toLargest(now, usual);
  return {
    // xterm drops a last band that is only partly inside.
    limit: {
      width,
      height: height - (height % SIXEL_BAND),
      colors: colors > 1 ? Math.min(colors, usual.colors) : usual.colors,
    },
    window: now,
  };
}

function toLargest(window: SixelRoom['window'], { width, height }: SixelLimit): { width: number; height: number } {
  return { width: Math.max(width, window?.width ?? 0), height: Math.max(height, window?.height ?? 0) };
}

function toSize({ sizes: [width, height] }: { sizes: number[] }): SixelRoom['window'] {
  return width > 0 && height > 0 ? { width, height } : undefined;
}
