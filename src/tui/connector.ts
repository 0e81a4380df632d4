/** Goes to another server: checks its address and token live, and hands it to whoever opened this UI. */
import { messageOf } from './jobs.js';
import type { Check, Overlay } from './state/overlay.js';
import type { Store } from './store.js';

export interface Connector {
  /** Enter on the page: checks what was typed, or uses what was checked. */
  go(page: Extract<Overlay, { kind: 'connect' }>): void;
}

export interface ConnectorDeps {
  store: Store;
  /** Each thing that was looked at; ends after the first that failed. */
  check(address: string): AsyncIterable<Check>;
  /** Remembers the server and opens the UI on it. */
  use(address: string): void;
}

export function createConnector({ store, check, use }: ConnectorDeps): Connector {
  const { dispatch, getState } = store;

  async function checkAll(address: string): Promise<void> {
    const isCurrent = () => {
      const { overlay } = getState();
      return overlay?.kind === 'connect' && overlay.query === address;
    };
    dispatch({ type: 'connectChecked', phase: 'checking' });
    let isOk = true;
    try {
      for await (const found of check(address)) {
        if (!isCurrent()) return;
        isOk &&= found.isOk;
        dispatch({ type: 'connectChecked', phase: 'checking', check: found });
      }
    } catch (thrown) {
      isOk = false;
      dispatch({ type: 'connectChecked', phase: 'failed', check: { isOk, text: messageOf(thrown) } });
    }
    if (isCurrent()) dispatch({ type: 'connectChecked', phase: isOk ? 'ready' : 'failed' });
  }

  return {
    go({ query, phase }) {
      if (phase === 'ready') use(query);
      else if (phase !== 'checking' && query.trim() !== '') void checkAll(query);
    },
  };
}
