/** The one screen: lays the parts out, gives keys to commands, and tells the picture where its box is. */
import { Box, Text, useInput, usePaste, useWindowSize } from 'ink';
import { useInsertionEffect, useMemo, useSyncExternalStore } from 'react';
import type { Client } from '../client/client.js';
import { PARAM_DEFAULTS } from '../protocol/params.js';
import type { RunCommand } from './commands.js';
import { Footer } from './components/footer.js';
import { Form } from './components/form.js';
import { Header } from './components/header.js';
import { StatusLine } from './components/status-line.js';
import { toCommands, toKeyPresses } from './keys.js';
import { createLayout, type Layout } from './layout.js';
import { MAIN_SLOT, type Pictures } from './pictures.js';
import { modeOf, type State } from './state.js';
import type { Store } from './store.js';
import type { CellSizes } from './terminal/cell-size.js';

export interface AppProps {
  store: Store;
  client: Pick<Client, 'url' | 'welcome'>;
  runCommand: RunCommand;
  /** Left out = no pictures in this terminal. */
  pictures: Pick<Pictures, 'place'> | undefined;
  cells: Pick<CellSizes, 'current' | 'subscribe'>;
}

function aspectOf({ params }: State): number {
  return (params.width ?? PARAM_DEFAULTS.width) / (params.height ?? PARAM_DEFAULTS.height);
}

function useKeys({ store, runCommand }: Pick<AppProps, 'store' | 'runCommand'>): void {
  const { getState, dispatch } = store;
  useInput((input, key) => {
    for (const press of toKeyPresses(input, key)) {
      for (const meant of toCommands(press, getState().focus)) {
        if (typeof meant === 'string') runCommand(meant);
        else dispatch({ type: 'insert', text: meant.text });
      }
    }
  });
  usePaste((text) => {
    if (getState().focus === 'prompt') dispatch({ type: 'insert', text });
  });
}

function useLayout(state: State, { pictures, cells }: Pick<AppProps, 'pictures' | 'cells'>): Layout {
  const { columns, rows } = useWindowSize();
  const cell = useSyncExternalStore(cells.subscribe, cells.current);
  const [aspect, cellAspect] = [pictures === undefined ? undefined : aspectOf(state), cell.width / cell.height];
  const layout = useMemo(
    () => createLayout({ columns, rows, aspect, cellAspect }),
    [columns, rows, aspect, cellAspect],
  );
  // Before Ink writes the frame of the new layout, so that what the picture leaves behind is blank under the new text.
  useInsertionEffect(() => pictures?.place(MAIN_SLOT, layout.picture), [pictures, layout]);
  return layout;
}

/** Stands where the first picture will be. */
function Placeholder({ picture }: { picture: NonNullable<Layout['picture']> }) {
  const { row, column, rows, columns } = picture;
  return (
    <Box
      position="absolute"
      top={row}
      left={column}
      width={columns}
      height={rows}
      borderStyle="round"
      borderDimColor
      alignItems="center"
      justifyContent="center"
    >
      <Text dimColor>your picture</Text>
    </Box>
  );
}

export function App({ store, client, runCommand, pictures, cells }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const layout = useLayout(state, { pictures, cells });
  useKeys({ store, runCommand });
  const { columns, rows } = layout;
  if (layout.kind === 'line') {
    return (
      <Box width="100%" height={rows} overflow="hidden">
        <StatusLine state={state} columns={columns} />
      </Box>
    );
  }
  const { capabilities } = client.welcome;
  const context = modeOf(state) === 'editing' ? 'prompt' : 'commands';
  return (
    // Not `columns`: when the terminal shrinks, Ink draws the old layout once more, and a line too long would wrap.
    <Box flexDirection="column" width="100%" height={rows} overflow="hidden">
      <Header columns={columns} url={client.url} capabilities={capabilities} model={state.params.model} />
      <Form state={state} layout={layout} capabilities={capabilities} />
      <Box flexGrow={1} />
      <Footer context={context} jobRuns={state.job !== undefined} columns={columns} />
      {layout.picture !== undefined && state.last === undefined && <Placeholder picture={layout.picture} />}
    </Box>
  );
}
