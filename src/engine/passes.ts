/** The passes that one picture takes: its own size, and with a hires scale a larger one that repaints the first. */
import { PARAM_DEFAULTS } from '../protocol/params.js';
import type { ResolvedParams } from './request.js';

export interface Pass {
  /** In pixels. */
  width: number;
  height: number;
  /** img2img's share of the schedule; undefined = from pure noise. */
  strength: number | undefined;
  isFirst: boolean;
}

/** @param sizeMultipleOf sides of the larger pass are rounded to it */
export function toPasses(params: ResolvedParams, sizeMultipleOf: number): Pass[] {
  const { width, height, strength, hiresScale, hiresStrength = PARAM_DEFAULTS.hiresStrength } = params;
  const first: Pass = { width, height, strength, isFirst: true };
  if (hiresScale === undefined) return [first];
  const enlarge = (side: number) => Math.round((side * hiresScale) / sizeMultipleOf) * sizeMultipleOf;
  return [first, { width: enlarge(width), height: enlarge(height), strength: hiresStrength, isFirst: false }];
}
