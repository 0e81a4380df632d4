/** The progress line of a one-shot: `[######------] 12/25 · 18.2 it/s · 0:01 left`. Pure text. */
import { filledCells, pictureText, progressFraction, progressText } from '../tui/progress-text.js';
import type { JobProgress } from '../tui/state/job-state.js';

const MAX_BAR_CELLS = 30;
const BRACKETS = 2;

/** Fits into `columns` cells: the bar gives way first, then the words are cut. */
export function toProgressLine(progress: JobProgress, columns: number): string {
  const words = [pictureText(progress), progressText(progress)].filter((part) => part !== '').join(' · ');
  const cells = Math.min(MAX_BAR_CELLS, columns - words.length - BRACKETS - 1);
  if (cells < 5) return words.slice(0, columns);
  const filled = filledCells(progressFraction(progress), cells);
  return `[${'#'.repeat(filled)}${'-'.repeat(cells - filled)}] ${words}`;
}
