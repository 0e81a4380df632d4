/** The server one draws on: where it is, what it can do, how the link does, and what came through it this month. */
import { Box } from 'ink';
import { joinKeys, type KeyNames } from '../key-help.js';
import { wrapText } from '../prompt-lines.js';
import { activeJobs, type State } from '../state/state.js';
import { usageWords } from './header.js';
import { NoticeLine } from './results.js';
import type { LostWords } from './retry-countdown.js';
import { Text } from './text.js';

export interface ServerScreenProps {
  state: State;
  url: string;
  /** It belongs to this program, and ends with it. */
  isOwn: boolean;
  lost: LostWords | undefined;
  keys: KeyNames;
  columns: number;
  rows: number;
}

const FREE_QUOTA_BYTES = 1e9;
/** Which other servers there are, and the way to them. */
function toAdvice(isOwn: boolean, keys: KeyNames): string {
  const key = keys('connect', 'server');
  if (!isOwn) return key === undefined ? '' : `${key} connects to another server.`;
  const here = 'Pictures are made on this machine, by the small embedded model.';
  const there = `With a GPU somewhere — a Colab notebook, a friend’s PC — press ${key} and paste the line that its server prints.`;
  return key === undefined ? here : `${here} ${there}`;
}

/** [label, words] a line. */
function serverLines({
  state,
  url,
  isOwn,
  lost,
  keys,
}: Pick<ServerScreenProps, 'state' | 'url' | 'isOwn' | 'lost' | 'keys'>): [string, string][] {
  const { capabilities, link, usedBytes } = state;
  const { server, device, models } = capabilities;
  const lines: [string, string][] = [
    ['address', isOwn ? `${url}, of this program` : url],
    [
      'link',
      lost === undefined
        ? 'up'
        : [lost[0], joinKeys([keys('retryNow', 'server'), 'retries now'])].filter(Boolean).join(' · '),
    ],
    ...(link.state === 'down' && link.reason !== undefined ? ([['because', link.reason]] as [string, string][]) : []),
    ['server', server],
    ['device', device],
    ['models', models.map(({ id, licence }) => (licence === undefined ? id : `${id} (${licence})`)).join(', ')],
    ['jobs', `${activeJobs(state).length} of yours wait or run`],
  ];
  if (usedBytes !== undefined) {
    const share = Math.round((100 * usedBytes) / FREE_QUOTA_BYTES);
    lines.push(['traffic', `${usageWords(usedBytes)}: ${share} % of ngrok’s free 1 GB`]);
  }
  return lines;
}

export function ServerScreen({ state, url, isOwn, lost, keys, columns, rows }: ServerScreenProps) {
  return (
    <Box height={rows} width={columns} flexShrink={0} flexDirection="column" paddingX={1} overflow="hidden">
      {state.notice !== undefined && <NoticeLine notice={state.notice} />}
      {serverLines({ state, url, isOwn, lost, keys }).map(([label, words]) => (
        <Box key={label} flexShrink={0}>
          <Box width={10} flexShrink={0}>
            <Text tone="accent">{label}</Text>
          </Box>
          <Text wrap="wrap">{words}</Text>
        </Box>
      ))}
      <Box marginTop={1} flexShrink={0}>
        <Text dimColor>{wrapText(toAdvice(isOwn, keys), columns - 2).join('\n')}</Text>
      </Box>
    </Box>
  );
}
