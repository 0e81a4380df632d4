/** The contact sheet: a frame for each seed, the key to pick it by, and how far it is. */
import { Box } from 'ink';
import { useInsertionEffect, useMemo } from 'react';
import { frameSlot } from '../cull.js';
import { gridOf } from '../grid.js';
import { PICKS } from '../key-bindings.js';
import type { KeyNames } from '../key-help.js';
import type { Pictures } from '../pictures.js';
import type { CullState, Frame } from '../state/cull-state.js';
import { aspectOf } from '../state/form-state.js';
import { Text } from './text.js';

const FRAME_WORDS: Record<Frame['state'], string> = {
  waiting: 'waiting',
  developing: 'developing',
  developed: 'ready',
  failed: 'failed',
};

export interface CullSheetProps {
  cull: CullState;
  keys: KeyNames;
  pictures: Pick<Pictures, 'place' | 'remove'> | undefined;
  columns: number;
  rows: number;
}

export function CullSheet({ cull, keys, pictures, columns, rows }: CullSheetProps) {
  const { frames, request, steps } = cull;
  const aspect = aspectOf({ values: request });
  const cells = useMemo(
    () => gridOf({ row: 2, column: 1, columns: columns - 2, rows: rows - 1 }, frames.length, aspect),
    [columns, rows, frames.length, aspect],
  );
  useInsertionEffect(() => {
    for (const [index, cell] of cells.entries()) pictures?.place(frameSlot(index), cell.picture, true);
    return () => {
      for (const index of cells.keys()) pictures?.remove(frameSlot(index));
    };
  }, [pictures, cells]);
  return (
    <Box height={rows} width={columns} flexShrink={0} paddingX={1} overflow="hidden">
      <Text wrap="truncate" dimColor>
        {request.prompt.replaceAll('\n', ' ')}
      </Text>
      {frames.map((frame, index) => (
        <FrameLabel
          key={frame.seed}
          frame={frame}
          pick={keys(PICKS[index], 'cull') ?? ''}
          steps={steps}
          place={cells[index].label}
        />
      ))}
    </Box>
  );
}

interface FrameLabelProps {
  frame: Frame;
  /** The key that picks it. */
  pick: string;
  steps: number;
  place: { row: number; column: number; columns: number };
}

function FrameLabel({ frame, pick, steps, place }: FrameLabelProps) {
  const words = frame.state === 'developing' ? `${frame.step}/${steps}` : FRAME_WORDS[frame.state];
  return (
    // Inside a box that begins on screen row 1.
    <Box position="absolute" top={place.row - 1} left={place.column} width={place.columns} height={1}>
      <Text wrap="truncate">
        <Text tone={frame.isPicked ? 'done' : 'accent'} bold={frame.isPicked}>
          {frame.isPicked ? `✔${pick}` : ` ${pick}`}
        </Text>
        <Text dimColor>{` ${words} · ${frame.seed}`}</Text>
      </Text>
    </Box>
  );
}
