import { describe, expect, test } from 'vitest';
import { tabWords } from '../../../src/tui/components/header.js';
import { KEY_BINDINGS } from '../../../src/tui/key-bindings.js';
import { createKeyNames } from '../../../src/tui/key-help.js';
import { withOverrides } from '../../../src/tui/key-overrides.js';
import { type Action, SCREENS } from '../../../src/tui/state/state.js';
import { stateAfter } from '../../support/tui-state.js';

const keys = createKeyNames(KEY_BINDINGS);
const submit = (jobId: string): Action => ({ type: 'submitted', jobId, request: { prompt: 'a lake' } });
const many = (count: number) => Array.from({ length: count }, (_, at) => submit(`job ${at}`));
const leave: Action = { type: 'leave' };

describe('a tab', () => {
  test('is as wide whatever is counted, whichever screen it is and whoever has the keys', () => {
    const states = [
      ...[stateAfter(), stateAfter(leave), stateAfter(leave, ...many(7)), stateAfter(leave, ...many(120))],
      ...SCREENS.map((to) => stateAfter({ type: 'screen', to })),
      stateAfter({ type: 'open', overlay: { kind: 'quit' } }),
    ];
    for (const name of SCREENS)
      expect(new Set(states.map((state) => tabWords(name, state, keys).length)).size, name).toBe(1);
  });

  test('shows its key only where it works, and the one that it has', () => {
    expect(tabWords('queue', stateAfter(leave), keys)).toContain('2 queue');
    expect(tabWords('queue', stateAfter(), keys)).not.toContain('2');
    const own = createKeyNames(withOverrides({ toQueue: 'ctrl+q' }));
    expect(tabWords('queue', stateAfter(leave), own)).toContain('^Q queue');
  });

  test.each([
    [0, 'queue     '],
    [7, 'queue (7) '],
    [42, 'queue (42)'],
    [120, 'queue 99+ '],
  ])('%i jobs are counted', (count, words) => {
    expect(tabWords('queue', stateAfter(leave, ...many(count)), keys)).toBe(`  2 ${words}`);
  });
});
