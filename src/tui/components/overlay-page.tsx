/** What lies over the screen: a page of text, a list to choose from, or a question. */

import { basename } from 'node:path';
import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { KeyBinding, KeyContext } from '../key-bindings.js';
import { CONTEXT_TITLES, createKeyNames, helpFor, type KeyNames } from '../key-help.js';
import type { Measures } from '../measures.js';
import { toPage, usePageCount } from '../pages.js';
import { wrapText } from '../prompt-lines.js';
import { toListRows } from '../state/list-rows.js';
import type { Overlay } from '../state/overlay.js';
import { activeJobs, type State } from '../state/state.js';
import { ConnectPage } from './connect-page.js';
import { EditedLine } from './edited-line.js';
import { Help } from './help.js';
import { Text } from './text.js';
import { WelcomePage } from './welcome-page.js';

export interface OverlayPageProps {
  state: State;
  overlay: Overlay;
  bindings: readonly KeyBinding[];
  canLeave: boolean;
  measures: Measures;
  columns: number;
  rows: number;
}

export function OverlayPage({ state, overlay, bindings, canLeave, measures, columns, rows }: OverlayPageProps) {
  const size = { columns: columns - 4, rows: rows - 2 };
  const keys = createKeyNames(bindings);
  return (
    <Box
      width={columns}
      height={rows}
      flexShrink={0}
      flexDirection="column"
      borderStyle="round"
      borderDimColor
      paddingX={1}
      overflow="hidden"
    >
      {overlay.kind === 'help' ? (
        <Help screen={state.screen} bindings={bindings} page={overlay.page} measures={measures} {...size} />
      ) : overlay.kind === 'picker' || overlay.kind === 'search' ? (
        <List overlay={overlay} state={state} {...size} />
      ) : overlay.kind === 'info' ? (
        <Page overlay={overlay} keys={keys} measures={measures} {...size} />
      ) : overlay.kind === 'delete' ? (
        <Question title={`Move ${basename(overlay.path)} to the trash?`} context="question" bindings={bindings} />
      ) : overlay.kind === 'quit' ? (
        <QuitQuestion state={state} bindings={bindings} canLeave={canLeave} />
      ) : overlay.kind === 'connect' ? (
        <ConnectPage overlay={overlay} keys={keys} />
      ) : overlay.kind === 'welcome' ? (
        <WelcomePage row={overlay.row} keys={keys} />
      ) : (
        <CullQuestion overlay={overlay} bindings={bindings} />
      )}
    </Box>
  );
}

interface PageProps {
  overlay: Extract<Overlay, { kind: 'info' }>;
  keys: KeyNames;
  measures: Measures;
  columns: number;
  rows: number;
}

function Page({ overlay: { title, lines, page }, keys, measures, columns, rows }: PageProps) {
  const wrapped = lines.flatMap((line) => wrapText(line, columns));
  const isOnePage = wrapped.length <= rows - 1;
  const { shown, words, count } = toPage(wrapped, Math.max(1, isOnePage ? rows - 1 : rows - 2), page, keys);
  usePageCount(measures, count);
  return (
    <>
      <Text bold wrap="truncate">
        {title}
      </Text>
      <Text wrap="truncate">{shown.map((line) => (line === '' ? ' ' : line)).join('\n')}</Text>
      {!isOnePage && <Text dimColor>{words}</Text>}
    </>
  );
}

function List({
  overlay,
  state,
  columns,
  rows,
}: {
  overlay: Extract<Overlay, { kind: 'picker' | 'search' }>;
  state: State;
  columns: number;
  rows: number;
}) {
  const title = overlay.kind === 'search' ? 'search ' : `${overlay.field} `;
  const isRead = overlay.kind === 'picker' || state.history.isRead;
  const all = toListRows(overlay, state);
  const chosen = overlay.row;
  const listRows = Math.max(1, rows - (isRead ? 1 : 2));
  const top = Math.max(0, Math.min(chosen - Math.floor(listRows / 2), all.length - listRows));
  return (
    <>
      <Text wrap="truncate">
        <Text tone="accent">{title}</Text>
        <EditedLine line={overlay.query.prompt} columns={columns - title.length} />
      </Text>
      {!isRead && <Text dimColor>reading earlier prompts…</Text>}
      {isRead && all.length === 0 && <Text dimColor>nothing like that</Text>}
      {all.slice(top, top + listRows).map((row, at) => (
        <Text key={row} wrap="truncate" bold={top + at === chosen} tone={top + at === chosen ? 'accent' : undefined}>
          {`${top + at === chosen ? '› ' : '  '}${row.replaceAll('\n', ' ')}`}
        </Text>
      ))}
    </>
  );
}

interface QuestionProps {
  title: string;
  context: KeyContext;
  bindings: readonly KeyBinding[];
  children?: ReactNode;
}

function Question({ title, context, bindings, children }: QuestionProps) {
  return (
    <>
      <Text bold wrap="wrap">
        {title}
      </Text>
      {children}
      <Box flexDirection="column" marginTop={1}>
        {helpFor(context, bindings).map(({ label, help }) => (
          <Text key={label} wrap="truncate">
            <Text tone="accent">{label.padEnd(8)}</Text>
            {help}
          </Text>
        ))}
      </Box>
    </>
  );
}

function QuitQuestion({
  state,
  bindings,
  canLeave,
}: {
  state: State;
  bindings: readonly KeyBinding[];
  canLeave: boolean;
}) {
  const running = activeJobs(state).length;
  const title = running === 1 ? 'A picture is not done yet.' : `${running} pictures are not done yet.`;
  const fate = canLeave
    ? 'Left running, it is there when you come back.'
    : 'It is made by this program, and ends with it.';
  // It may be done before the question is answered.
  const isDone = running === 0;
  return (
    <Question title={isDone ? 'Everything is done now.' : title} context="quitting" bindings={bindings}>
      {!isDone && (
        <Text dimColor wrap="wrap">
          {fate}
        </Text>
      )}
    </Question>
  );
}

function CullQuestion({
  overlay,
  bindings,
}: {
  overlay: Extract<Overlay, { kind: 'cull' }>;
  bindings: readonly KeyBinding[];
}) {
  const rows = [`${overlay.seeds} seeds`, `${overlay.steps} steps each, before you pick`];
  return (
    <Question title={CONTEXT_TITLES.cull} context="culling" bindings={bindings}>
      {rows.map((row, at) => (
        <Text key={row} tone={overlay.row === at ? 'accent' : undefined}>
          {`${overlay.row === at ? '› ' : '  '}${row}`}
        </Text>
      ))}
    </Question>
  );
}
