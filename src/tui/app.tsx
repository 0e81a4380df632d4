/** Lays the screens out, gives keys to commands, and tells the pictures where their boxes are. */
import { Box, useApp, useCursor, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useInsertionEffect, useMemo, useSyncExternalStore } from 'react';
import { caretOf } from './caret.js';
import type { RunCommands } from './commands/commands.js';
import { CreateForm } from './components/create-form.js';
import { CullSheet } from './components/cull-sheet.js';
import { Footer } from './components/footer.js';
import { GalleryScreen } from './components/gallery-screen.js';
import { Header } from './components/header.js';
import { OverlayPage } from './components/overlay-page.js';
import { PROMPT_FRAME } from './components/prompt-field.js';
import { QueueScreen } from './components/queue-screen.js';
import { type LostWords, useLostWords } from './components/retry-countdown.js';
import { ServerScreen } from './components/server-screen.js';
import { StatusLine } from './components/status-line.js';
import { PaletteContext, Text, usePalette } from './components/text.js';
import type { KeyBinding } from './key-bindings.js';
import { createKeyNames, footerFor, type KeyNames } from './key-help.js';
import { toCommands, toKeyPresses } from './keys.js';
import { createLayout, type Layout } from './layout.js';
import type { Measures } from './measures.js';
import type { PictureFiles } from './picture-files.js';
import { MAIN_SLOT, type Pictures } from './pictures.js';
import { contextOf, idleCommands } from './state/context.js';
import { type State, shownAspect } from './state/state.js';
import type { Store } from './store.js';
import type { BackgroundWatch } from './terminal/background.js';
import type { CellSizes } from './terminal/cell-size.js';
import { PALETTES } from './theme.js';

export interface AppProps {
  store: Store;
  url: string;
  commands: RunCommands;
  bindings: readonly KeyBinding[];
  /** The server is this program's own: jobs end with it. */
  isOwn: boolean;
  files: PictureFiles;
  measures: Measures;
  /** Left out = no pictures in this terminal. */
  pictures: Pick<Pictures, 'place' | 'remove'> | undefined;
  /** Words shown in the place of pictures, where a person would expect them. */
  noPictures: string | undefined;
  cells: Pick<CellSizes, 'current' | 'subscribe'>;
  background: BackgroundWatch;
  /** Gets how to hand the terminal to another program for a while. */
  onSuspender(suspend: (work: () => Promise<void>) => Promise<void>): void;
}

function useKeys({ store, commands, bindings }: Pick<AppProps, 'store' | 'commands' | 'bindings'>): void {
  useInput((input, key) => {
    for (const press of toKeyPresses(input, key)) {
      for (const meant of toCommands(press, () => contextOf(store.getState()), bindings)) {
        if (typeof meant === 'string') commands.run(meant);
        else commands.type(meant.text);
      }
    }
  });
  usePaste((text) => commands.paste(text));
}

function useLayout(state: State, { pictures, noPictures, cells, measures }: AppProps): Layout {
  const { columns, rows } = useWindowSize();
  const cell = useSyncExternalStore(cells.subscribe, cells.current);
  const hasPlace = pictures !== undefined || noPictures !== undefined;
  const [aspect, cellAspect] = [hasPlace ? shownAspect(state) : undefined, cell.width / cell.height];
  const layout = useMemo(
    () => createLayout({ columns, rows, aspect, cellAspect }),
    [columns, rows, aspect, cellAspect],
  );
  const isShown = state.screen === 'create' && state.overlay === undefined && state.cull === undefined;
  const box = isShown ? layout.picture : undefined;
  // Before Ink writes the frame of the new layout, so that what the picture leaves behind is blank under the new text.
  useInsertionEffect(() => {
    measures.promptColumns = layout.form.columns - PROMPT_FRAME.columns;
    pictures?.place(MAIN_SLOT, box);
  }, [pictures, measures, layout, box]);
  return layout;
}

/** Stands where pictures will be. */
function Placeholder({ picture, words }: { picture: NonNullable<Layout['picture']>; words: string }) {
  const { row, column, rows, columns } = picture;
  const { dim } = usePalette();
  return (
    <Box
      position="absolute"
      top={row}
      left={column}
      width={columns}
      height={rows}
      borderStyle="round"
      borderColor={dim}
      alignItems="center"
      justifyContent="center"
      paddingX={1}
    >
      <Text dimColor>{words}</Text>
    </Box>
  );
}

interface BodyProps {
  app: AppProps;
  state: State;
  layout: Layout;
  keys: KeyNames;
  lost: LostWords | undefined;
}

function Body({ app, state, layout, keys, lost }: BodyProps) {
  const { url, bindings, isOwn, pictures, noPictures, files } = app;
  const size = { columns: layout.columns, rows: layout.rows - 2 };
  if (state.overlay !== undefined)
    return (
      <OverlayPage
        state={state}
        overlay={state.overlay}
        bindings={bindings}
        canLeave={!isOwn}
        measures={app.measures}
        {...size}
      />
    );
  if (state.screen === 'queue') return <QueueScreen state={state} keys={keys} {...size} />;
  if (state.screen === 'gallery')
    return <GalleryScreen state={state} pictures={pictures} files={files} measures={app.measures} {...size} />;
  if (state.screen === 'server') return <ServerScreen {...{ state, url, isOwn, lost, keys }} {...size} />;
  if (state.cull !== undefined) return <CullSheet cull={state.cull} keys={keys} pictures={pictures} {...size} />;
  const words = noPictures ?? (state.jobs.length === 0 ? 'your picture' : undefined);
  return (
    <>
      <CreateForm {...{ state, layout, lost, keys }} />
      <Box flexGrow={1} />
      {words !== undefined && layout.picture && <Placeholder picture={layout.picture} words={words} />}
    </>
  );
}

/** In the colours for this terminal's background, which may be known later than the first frame. */
export function App(app: AppProps) {
  const { current, subscribe } = app.background;
  const background = useSyncExternalStore(subscribe, current);
  return (
    <PaletteContext value={PALETTES[background]}>
      <Screens {...app} />
    </PaletteContext>
  );
}

function Screens(app: AppProps) {
  const { store, url, bindings } = app;
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const layout = useLayout(state, app);
  const lost = useLostWords(state.link);
  const keys = useMemo(() => createKeyNames(bindings), [bindings]);
  const { suspendTerminal } = useApp();
  useEffect(() => app.onSuspender((work) => suspendTerminal(work)), [app.onSuspender, suspendTerminal]);
  const { setCursorPosition } = useCursor();
  setCursorPosition(caretOf(state, layout));
  useKeys(app);
  const { columns, rows } = layout;
  if (layout.kind === 'line') {
    return (
      <Box width="100%" height={rows} overflow="hidden">
        <StatusLine {...{ state, lost, keys, columns }} />
      </Box>
    );
  }
  const entries = footerFor(contextOf(state), idleCommands(state), bindings);
  return (
    // Not `columns`: when the terminal shrinks, Ink draws the old layout once more, and a line too long would wrap.
    <Box flexDirection="column" width="100%" height={rows} overflow="hidden">
      <Header {...{ state, lost, keys, columns, url }} />
      <Body {...{ app, state, layout, keys, lost }} />
      <Footer entries={entries} columns={columns} />
    </Box>
  );
}
