/** State outside React: a key that arrives in the same event as another must see what the first one changed. */
import { type Action, reduce, type State } from './state/state.js';

export interface Store {
  getState(): State;
  dispatch(action: Action): void;
  /** @returns the unsubscribe */
  subscribe(listener: () => void): () => void;
}

export function createStore(initial: State): Store {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    getState: () => state,
    dispatch(action) {
      state = reduce(state, action);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
