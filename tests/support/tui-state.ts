/** A UI state after some actions, on a server with one or two models. */
import type { Capabilities } from '../../src/protocol/messages.js';
import { type Action, createState, reduce, type State } from '../../src/tui/state/state.js';

export const CAPABILITIES: Capabilities = {
  protocol: 1,
  server: 'safelight/0.0.0',
  models: [
    { id: 'tiny', name: 'Tiny', sizeMultipleOf: 32, guidanceScale: 4, steps: 20, scheduler: 'dpmpp_2m', img2img: true },
    { id: 'large', name: 'Large', sizeMultipleOf: 8, guidanceScale: 7.5, steps: 25, img2img: false },
  ],
  schedulers: ['ddim', 'dpmpp_2m', 'euler'],
  limits: {},
  device: 'cpu',
  queueLength: 0,
};

export const JOB = 'b1f6a1f0-6d0c-4c4e-9d55-3d7a4a1f6d10';
export const OTHER_JOB = 'b1f6a1f0-6d0c-4c4e-9d55-3d7a4a1f6d11';

export function stateAfter(...actions: Action[]): State {
  return reduceAll(createState({ params: { steps: 10 }, capabilities: CAPABILITIES }), ...actions);
}

export function reduceAll(state: State, ...actions: Action[]): State {
  return actions.reduce(reduce, state);
}
