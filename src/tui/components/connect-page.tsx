/** Another server's address is typed or pasted, and checked as soon as nothing more is typed. */
import type { Check } from '../../client/check.js';
import { joinKeys, type KeyNames } from '../key-help.js';
import type { Overlay } from '../state/overlay.js';
import { EditedLine } from './edited-line.js';
import { Text } from './text.js';

type Connect = Extract<Overlay, { kind: 'connect' }>;

/** What can be done next. */
function nextWords(phase: Connect['phase'], keys: KeyNames): string {
  const [choose, back] = [keys('choose', 'list'), [keys('close', 'list'), 'back'] as const];
  if (phase === 'checking') return 'checking…';
  if (phase === 'failed') return ['change it and try again', joinKeys(back)].filter(Boolean).join(' · ');
  return joinKeys([choose, phase === 'ready' ? 'uses it from now on' : 'checks it'], back);
}

export function ConnectPage({ overlay: { query, phase, checks }, keys }: { overlay: Connect; keys: KeyNames }) {
  return (
    <>
      <Text bold>Paste the line that the server prints</Text>
      <EditedLine line={{ ...query.prompt, text: hideToken(query.prompt.text) }} />
      {checks.map((check) => (
        <CheckLine key={check.name} {...check} />
      ))}
      <Text dimColor>{nextWords(phase, keys)}</Text>
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

/** Somebody may be looking over the user's shoulder, or at a shared screen. As long as it was: the caret keeps its place. */
export function hideToken(address: string): string {
  return address.replace(/(token=.{0,4})(.*)/, (_, start: string, rest: string) => start + '•'.repeat(rest.length));
}
