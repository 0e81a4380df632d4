/** All keys that work here, from the table that also runs them. */
import { Box, Text } from 'ink';
import type { KeyBinding, KeyContext } from '../key-bindings.js';
import { CONTEXT_TITLES, helpFor } from '../key-help.js';
import type { ScreenName } from '../state/state.js';
import { THEME } from '../theme.js';

interface Line {
  label: string;
  help: string;
  isTitle: boolean;
}

const CONTEXTS: Record<ScreenName, readonly KeyContext[]> = {
  create: ['create', 'prompt', 'fields', 'cull'],
  queue: ['queue'],
  gallery: ['gallery', 'filter'],
  server: ['server'],
};

function toLines(screen: ScreenName, bindings: readonly KeyBinding[]): Line[] {
  const seen = new Set<string>();
  return CONTEXTS[screen].flatMap((context) => {
    const fresh = helpFor(context, bindings).filter(({ label, help }) => !seen.has(`${label} ${help}`));
    for (const { label, help } of fresh) seen.add(`${label} ${help}`);
    const title = { label: CONTEXT_TITLES[context], help: '', isTitle: true };
    return [title, ...fresh.map((line) => ({ ...line, isTitle: false }))];
  });
}

const LABEL_COLUMNS = 11;
const COLUMN_COLUMNS = 34;

export interface HelpProps {
  screen: ScreenName;
  bindings: readonly KeyBinding[];
  columns: number;
  rows: number;
}

/** As many columns as fit; what still does not fit is in docs/keys.md. */
export function Help({ screen, bindings, columns, rows }: HelpProps) {
  const lines = toLines(screen, bindings);
  const across = Math.max(1, Math.floor(columns / COLUMN_COLUMNS));
  const down = Math.max(1, Math.min(rows, Math.ceil(lines.length / across)));
  const parts = Array.from({ length: across }, (_, i) => lines.slice(i * down, (i + 1) * down));
  return (
    <Box gap={2} overflow="hidden">
      {parts.map((part) => (
        <Box key={part[0]?.label ?? ''} width={COLUMN_COLUMNS - 2} flexDirection="column" flexShrink={0}>
          {part.map(({ label, help, isTitle }) => (
            <Box key={label + help} height={1} flexShrink={0}>
              <Box width={isTitle ? COLUMN_COLUMNS : LABEL_COLUMNS} flexShrink={0}>
                <Text bold={isTitle} color={isTitle ? undefined : THEME.accent} wrap="truncate">
                  {label}
                </Text>
              </Box>
              <Text wrap="truncate">{help}</Text>
            </Box>
          ))}
        </Box>
      ))}
    </Box>
  );
}
