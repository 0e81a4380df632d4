/** Goes to another server: checks its address and token as soon as they rest, and hands them to whoever opened this UI. */
import { isAddress } from '../client/address.js';
import { type Check, failed } from '../client/check.js';
import { messageOf } from './jobs.js';
import type { Overlay } from './state/overlay.js';
import type { Store } from './store.js';

export interface Connector {
  /** Enter on the page: checks what was typed, or uses what was checked. */
  go(page: Extract<Overlay, { kind: 'connect' }>): void;
  /** Pictures are made where they are made now, and nobody asks again. */
  stay(): void;
  stop(): void;
}

export interface ConnectorDeps {
  store: Store;
  /** Each thing that was looked at; ends after the first that failed. */
  check(address: string): AsyncIterable<Check>;
  /** Remembers the server and opens the UI on it. */
  use(address: string): void;
  /** Remembers that no server is wanted. */
  stay(): void;
  restMs?: number;
}

/** Long enough to go on typing; a pasted line rests at once. */
const REST_MS = 600;
const STAY_HINT = 'Made on this machine; esc 4 c leads to a GPU server.';

export function createConnector({ store, check, use, stay, restMs = REST_MS }: ConnectorDeps): Connector {
  const { dispatch, getState } = store;
  let resting: { address: string; timer: NodeJS.Timeout } | undefined;

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
      dispatch({ type: 'connectChecked', phase: 'failed', check: failed('bug', messageOf(thrown)) });
    }
    if (isCurrent()) dispatch({ type: 'connectChecked', phase: isOk ? 'ready' : 'failed' });
  }

  function watch(): void {
    const { overlay } = getState();
    const address = overlay?.kind === 'connect' && overlay.phase === 'typing' ? overlay.query : undefined;
    if (address === resting?.address) return;
    clearTimeout(resting?.timer);
    const isWhole = address !== undefined && isAddress(address);
    resting = isWhole ? { address, timer: setTimeout(() => void checkAll(address), restMs) } : undefined;
  }

  const stopWatching = store.subscribe(watch);
  return {
    stay() {
      stay();
      dispatch({ type: 'notice', notice: { kind: 'hint', text: STAY_HINT } });
    },
    stop() {
      stopWatching();
      clearTimeout(resting?.timer);
    },
    go({ query, phase }) {
      if (phase === 'ready') use(query);
      else if (phase !== 'checking' && query.trim() !== '') void checkAll(query);
    },
  };
}
