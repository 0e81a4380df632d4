/** What lies over the screen and takes the keys: one thing at a time. Pure. */
import type { Check } from '../../client/check.js';
import { createTextEditor, reduceLine, type TextAction, type TextEditor } from '../text-editor.js';
import type { FieldName } from './fields.js';

export type Overlay =
  | { kind: 'help'; page: number }
  /** Jobs run: leave them to the server, or cancel them? */
  | { kind: 'quit' }
  /** A list to choose a field's value from. */
  | { kind: 'picker'; field: FieldName; query: TextEditor; row: number }
  /** Earlier prompts. */
  | { kind: 'search'; query: TextEditor; row: number }
  /** The first page on a new machine. */
  | { kind: 'welcome'; row: 0 | 1 }
  | { kind: 'delete'; path: string }
  | { kind: 'info'; title: string; lines: readonly string[]; page: number }
  /** Another server's address is typed, checked, and then used. */
  | { kind: 'connect'; query: TextEditor; phase: 'typing' | 'checking' | 'failed' | 'ready'; checks: readonly Check[] }
  /** How many seeds for how many steps; `row` tells which of the two is chosen. */
  | { kind: 'cull'; seeds: number; steps: number; row: 0 | 1 };

export const EMPTY_LINE: TextEditor = createTextEditor();

/** By row. */
export const WELCOME_CHOICES = ['here', 'server'] as const;

export type OverlayAction =
  | { type: 'open'; overlay: Overlay }
  | { type: 'close' }
  /** Not beyond the last row or page that there is. */
  | { type: 'overlayMoved'; by: 1 | -1; last: number }
  /** In the line that is written there. */
  | { type: 'overlayText'; action: TextAction }
  | { type: 'connectChecked'; phase: 'checking' | 'failed' | 'ready'; check?: Check }
  /** Of the cull question: the chosen number, up or down. */
  | { type: 'overlayStepped'; by: 1 | -1; limits: { seeds: number; steps: number } };

export function reduceOverlay(overlay: Overlay | undefined, action: OverlayAction): Overlay | undefined {
  switch (action.type) {
    case 'open':
      return action.overlay;
    case 'close':
      return undefined;
    case 'overlayMoved':
      return overlay && move(overlay, action);
    case 'overlayText':
      return overlay !== undefined && 'query' in overlay ? write(overlay, action.action) : overlay;
    case 'connectChecked': {
      if (overlay?.kind !== 'connect') return overlay;
      const checks = action.check === undefined ? overlay.checks : [...overlay.checks, action.check];
      return { ...overlay, phase: action.phase, checks };
    }
    case 'overlayStepped':
      return overlay?.kind === 'cull' ? stepCull(overlay, action) : overlay;
    default:
      return action satisfies never;
  }
}

/** Moving the caret changes neither what is chosen nor what was checked. */
function write(overlay: Extract<Overlay, { query: TextEditor }>, action: TextAction): Overlay {
  const query = reduceLine(overlay.query, action);
  if (query.prompt.text === overlay.query.prompt.text) return { ...overlay, query };
  return overlay.kind === 'connect'
    ? { ...overlay, query, phase: 'typing', checks: [] }
    : { ...overlay, query, row: 0 };
}

function move(overlay: Overlay, { by, last }: Extract<OverlayAction, { type: 'overlayMoved' }>): Overlay {
  const moved = (at: number) => Math.max(0, Math.min(last, at + by));
  if (overlay.kind === 'cull' || overlay.kind === 'welcome') return { ...overlay, row: overlay.row === 0 ? 1 : 0 };
  if (overlay.kind === 'help' || overlay.kind === 'info') return { ...overlay, page: moved(overlay.page) };
  if (overlay.kind === 'picker' || overlay.kind === 'search') return { ...overlay, row: moved(overlay.row) };
  return overlay;
}

function stepCull(
  { row, seeds, steps, kind }: Extract<Overlay, { kind: 'cull' }>,
  { by, limits }: Extract<OverlayAction, { type: 'overlayStepped' }>,
): Overlay {
  const within = (value: number, min: number, max: number) => Math.min(max, Math.max(min, value));
  if (row === 0) return { kind, row, steps, seeds: within(seeds + by, 2, limits.seeds) };
  return { kind, row, seeds, steps: within(steps + by, 1, limits.steps) };
}
