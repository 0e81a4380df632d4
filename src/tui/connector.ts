/** Goes to another server: checks its address and token as soon as they rest, and hands them to whoever opened this UI. */
import { isAddress } from '../client/address.js';
import { type Check, failed } from '../client/check.js';
import { messageOf } from './jobs.js';
import type { KeyNames } from './key-help.js';
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
  keys: KeyNames;
  /** Each thing that was looked at; ends after the first that failed. */
  check(address: string): AsyncIterable<Check>;
  /** Remembers the server and opens the UI on it. */
  use(address: string): void;
  /** Remembers that no server is wanted. */
  stay(): void;
  restMs?: number;
}

/** Long enough to continue typing. */
const REST_MS = 600;

function addressOf({ query }: Extract<Overlay, { kind: 'connect' }>): string {
  return query.prompt.text.trim();
}

/** From the prompt, in which the caret is then. */
function stayWords(keys: KeyNames): string {
  const way = [keys('leave', 'prompt'), keys('toServer', 'create'), keys('connect', 'server')];
  return `Made on this machine.${way.includes(undefined) ? '' : ` ${way.join(' ')} leads to a GPU server.`}`;
}

export function createConnector({ store, keys, check, use, stay, restMs = REST_MS }: ConnectorDeps): Connector {
  const { dispatch, getState } = store;
  let resting: { address: string; timer: NodeJS.Timeout } | undefined;

  async function checkAll(address: string): Promise<void> {
    const isCurrent = () => {
      const { overlay } = getState();
      return overlay?.kind === 'connect' && addressOf(overlay) === address;
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
    const address = overlay?.kind === 'connect' && overlay.phase === 'typing' ? addressOf(overlay) : undefined;
    if (address === resting?.address) return;
    clearTimeout(resting?.timer);
    const isWhole = address !== undefined && isAddress(address);
    resting = isWhole ? { address, timer: setTimeout(() => void checkAll(address), restMs) } : undefined;
  }

  const stopWatching = store.subscribe(watch);
  return {
    stay() {
      stay();
      dispatch({ type: 'notice', notice: { kind: 'hint', text: stayWords(keys) } });
    },
    stop() {
      stopWatching();
      clearTimeout(resting?.timer);
    },
    go(page) {
      const address = addressOf(page);
      if (page.phase === 'ready') use(address);
      else if (page.phase !== 'checking' && address !== '') void checkAll(address);
    },
  };
}
