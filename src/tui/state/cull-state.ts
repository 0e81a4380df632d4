/** The contact sheet: many seeds for a few steps each, of which some are picked and only those are finished. Pure. */
import type { GenerationRequest } from '../../protocol/params.js';
import { SEED_COUNT } from '../../protocol/seed.js';

export interface CullState {
  /** Without a seed: each frame has its own. */
  request: GenerationRequest;
  /** Finished steps at which a frame is judged. */
  steps: number;
  frames: readonly Frame[];
}

export interface Frame {
  seed: number;
  /** `developed` = its look after the steps is on screen. */
  state: 'waiting' | 'developing' | 'developed' | 'failed';
  step: number;
  isPicked: boolean;
}

export type CullAction =
  | { type: 'cullStarted'; request: GenerationRequest; seeds: readonly number[]; steps: number }
  | { type: 'cullFrame'; seed: number; change: Partial<Pick<Frame, 'state' | 'step'>> }
  /** Counts from 0. */
  | { type: 'cullPick'; index: number }
  | { type: 'cullEnded' };

/** One for each number key. */
export const MAX_FRAMES = 9;

/** Neighbours of the first, so that the sheet can be made again from one number. */
export function toSeeds(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (first + i) % SEED_COUNT);
}

export function pickedOf({ frames }: CullState): number[] {
  return frames.filter(({ isPicked }) => isPicked).map(({ seed }) => seed);
}

export function reduceCull(cull: CullState | undefined, action: CullAction): CullState | undefined {
  switch (action.type) {
    case 'cullStarted': {
      const frames = action.seeds.map((seed): Frame => ({ seed, state: 'waiting', step: 0, isPicked: false }));
      return { request: action.request, steps: action.steps, frames };
    }
    case 'cullFrame':
      return changeFrame(cull, ({ seed }) => seed === action.seed, action.change);
    case 'cullPick': {
      const picked = cull?.frames[action.index];
      return changeFrame(cull, (frame) => frame === picked, { isPicked: picked?.isPicked !== true });
    }
    case 'cullEnded':
      return undefined;
    default:
      return action satisfies never;
  }
}

function changeFrame(
  cull: CullState | undefined,
  isIt: (frame: Frame) => boolean,
  change: Partial<Frame>,
): CullState | undefined {
  return cull && { ...cull, frames: cull.frames.map((frame) => (isIt(frame) ? { ...frame, ...change } : frame)) };
}
