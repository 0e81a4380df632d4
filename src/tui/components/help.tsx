/** All keys that work here, from the table that also runs them. */
import { Box } from 'ink';
import type { KeyBinding, KeyContext } from '../key-bindings.js';
import { CONTEXT_TITLES, createKeyNames, helpFor } from '../key-help.js';
import type { Measures } from '../measures.js';
import { toPage, usePageCount } from '../pages.js';
import type { ScreenName } from '../state/state.js';
import { Text } from './text.js';

/** Of a command with many keys those that fit; docs/keys.md has them all. */
function fitLabels(label: string): string {
  const [first, ...more] = label.split(' ');
  return more.reduce((fit, next) => (`${fit} ${next}`.length < LABEL_COLUMNS ? `${fit} ${next}` : fit), first);
}

interface Line {
  label: string;
  help: string;
  isTitle: boolean;
}

const CONTEXTS: Record<ScreenName, readonly KeyContext[]> = {
  create: ['create', 'prompt', 'fields', 'typing', 'cull'],
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
    return [title, ...fresh.map(({ label, help }) => ({ label: fitLabels(label), help, isTitle: false }))];
  });
}

const LABEL_COLUMNS = 12;
const COLUMN_COLUMNS = 38;

export interface HelpProps {
  screen: ScreenName;
  bindings: readonly KeyBinding[];
  page: number;
  measures: Measures;
  columns: number;
  rows: number;
}

/** As many columns and pages as it takes. */
export function Help({ screen, bindings, page, measures, columns, rows }: HelpProps) {
  const lines = toLines(screen, bindings);
  const across = Math.max(1, Math.floor((columns + 2) / COLUMN_COLUMNS));
  const isOnePage = lines.length <= across * rows;
  const down = isOnePage ? Math.ceil(lines.length / across) : Math.max(1, rows - 1);
  const { shown, words, count } = toPage(lines, across * down, page, createKeyNames(bindings));
  usePageCount(measures, count);
  const parts = Array.from({ length: across }, (_, i) => shown.slice(i * down, (i + 1) * down));
  return (
    <>
      <Box gap={2} height={down} flexShrink={0} overflow="hidden">
        {parts.map((part) => (
          <Box key={part[0]?.label ?? ''} width={COLUMN_COLUMNS - 2} flexDirection="column" flexShrink={0}>
            {part.map((line) => (
              <HelpLine key={line.label + line.help} line={line} />
            ))}
          </Box>
        ))}
      </Box>
      {!isOnePage && <Text dimColor>{words}</Text>}
    </>
  );
}

function HelpLine({ line: { label, help, isTitle } }: { line: Line }) {
  if (isTitle) return <Text bold>{label}</Text>;
  return (
    <Box height={1} flexShrink={0}>
      <Box width={LABEL_COLUMNS} flexShrink={0}>
        <Text tone="accent">{label}</Text>
      </Box>
      <Text wrap="truncate">{help}</Text>
    </Box>
  );
}
