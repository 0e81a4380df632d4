/** The server one draws on: where it is, what it can do, how the link does, and what came through it this month. */
import { Box } from 'ink';
import { wrapText } from '../prompt-lines.js';
import { activeJobs, type State } from '../state/state.js';
import { usageWords } from './header.js';
import { NoticeLine } from './results.js';
import { useRetryWords } from './retry-countdown.js';
import { Text } from './text.js';

export interface ServerScreenProps {
  state: State;
  url: string;
  /** It belongs to this program, and ends with it. */
  isOwn: boolean;
  columns: number;
  rows: number;
}

const FREE_QUOTA_BYTES = 1e9;
const OWN_ADVICE =
  'Pictures are made on this machine, by the small embedded model. With a GPU somewhere — a Colab notebook, a friend’s PC — press c and paste the line that its server prints.';

/** [label, words] a line. */
function serverLines(
  { state, url, isOwn }: Pick<ServerScreenProps, 'state' | 'url' | 'isOwn'>,
  retry: string | undefined,
): [string, string][] {
  const { capabilities, link, usedBytes } = state;
  const { server, device, models } = capabilities;
  const lines: [string, string][] = [
    ['address', isOwn ? `${url}, of this program` : url],
    ['link', retry === undefined ? 'up' : `lost; ${retry}`],
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

export function ServerScreen({ state, url, isOwn, columns, rows }: ServerScreenProps) {
  const retry = useRetryWords(state.link);
  return (
    <Box height={rows} width={columns} flexShrink={0} flexDirection="column" paddingX={1} overflow="hidden">
      {state.notice !== undefined && <NoticeLine notice={state.notice} />}
      {serverLines({ state, url, isOwn }, retry).map(([label, words]) => (
        <Box key={label} flexShrink={0}>
          <Box width={10} flexShrink={0}>
            <Text tone="accent">{label}</Text>
          </Box>
          <Text wrap="wrap">{words}</Text>
        </Box>
      ))}
      <Box marginTop={1} flexShrink={0}>
        <Text dimColor>{wrapText(isOwn ? OWN_ADVICE : 'c goes to another server.', columns - 2).join('\n')}</Text>
      </Box>
    </Box>
  );
}
