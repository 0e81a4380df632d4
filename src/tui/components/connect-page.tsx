/** Another server's address is typed or pasted, and looked at as soon as it rests. */
import type { Check } from '../../client/check.js';
import type { Overlay } from '../state/overlay.js';
import { QueryCaret } from './query-caret.js';
import { Text } from './text.js';

type Connect = Extract<Overlay, { kind: 'connect' }>;

const WORDS: Record<Connect['phase'], string> = {
  typing: '⏎ checks it · esc back',
  checking: 'checking…',
  failed: 'change it and try again · esc back',
  ready: '⏎ uses it from now on · esc back',
};

export function ConnectPage({ query, phase, checks }: Connect) {
  return (
    <>
      <Text bold>Paste the line that the server prints</Text>
      <Text wrap="hard">
        {hideToken(query)}
        <QueryCaret />
      </Text>
      {checks.map((check) => (
        <CheckLine key={check.name} {...check} />
      ))}
      <Text dimColor>{WORDS[phase]}</Text>
    </>
  );
}

function CheckLine({ isOk, text, advice }: Check) {
  return (
    <>
      <Text wrap="wrap" tone={isOk ? 'done' : 'error'}>
        {`${isOk ? '✔' : '✖'} ${text}`}
      </Text>
      {advice !== undefined && <Text wrap="wrap">{`  → ${advice}`}</Text>}
    </>
  );
}

/** Somebody may look over one's shoulder, or at a shared screen. */
function hideToken(address: string): string {
  return address.replace(/(token=.{0,4}).*/, (_, start: string) => `${start}…`);
}
