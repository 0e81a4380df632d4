/** The saved pictures: a page of thumbnails, and what the chosen one was made from. */
import { basename } from 'node:path';
import { Box } from 'ink';
import { useEffect, useInsertionEffect, useMemo } from 'react';
import { cutStart } from '../cell-width.js';
import { type GalleryGrid, galleryGrid, pageOf, thumbSlot } from '../gallery-grid.js';
import type { Measures } from '../measures.js';
import type { PictureFiles } from '../picture-files.js';
import type { Pictures } from '../pictures.js';
import { chosenOf, type GalleryItem, shownOf } from '../state/gallery-state.js';
import type { State } from '../state/state.js';
import { QueryCaret } from './query-caret.js';
import { NoticeLine } from './results.js';
import { Text } from './text.js';

export interface GalleryScreenProps {
  state: State;
  pictures: Pick<Pictures, 'place' | 'remove'> | undefined;
  files: Pick<PictureFiles, 'showThumb' | 'look'>;
  measures: Measures;
  columns: number;
  rows: number;
}

function useThumbs(page: readonly GalleryItem[], grid: GalleryGrid, { pictures, files }: GalleryScreenProps): void {
  useInsertionEffect(() => {
    for (const [index, cell] of grid.cells.entries())
      pictures?.place(thumbSlot(index), index < page.length ? cell.picture : undefined);
    return () => {
      for (const index of grid.cells.keys()) pictures?.remove(thumbSlot(index));
    };
  }, [pictures, grid, page.length]);
  const paths = page.map(({ path }) => path).join('\n');
  useEffect(() => {
    for (const [index, path] of paths.split('\n').entries()) if (path !== '') files.showThumb(thumbSlot(index), path);
  }, [files, paths]);
}

export function GalleryScreen(props: GalleryScreenProps) {
  const { state, files, measures, columns, rows } = props;
  const { gallery, notice } = state;
  const grid = useMemo(() => galleryGrid({ columns, rows }), [columns, rows]);
  const shown = shownOf(gallery);
  const { first, page } = pageOf(shown, gallery.chosen, grid.cells.length);
  useThumbs(page, grid, props);
  const chosen = chosenOf(gallery);
  useInsertionEffect(() => {
    measures.galleryColumns = grid.across;
  }, [measures, grid]);
  useEffect(() => {
    if (chosen !== undefined) files.look(chosen.path);
  }, [files, chosen]);
  return (
    <Box height={rows} width={columns} flexShrink={0} overflow="hidden">
      {page.map((item, index) => (
        <Label key={item.path} item={item} isChosen={first + index === gallery.chosen} cell={grid.cells[index].label} />
      ))}
      <Box
        position="absolute"
        top={rows - grid.detailRows}
        left={0}
        flexDirection="column"
        paddingX={1}
        width={columns}
      >
        {notice !== undefined && <NoticeLine notice={notice} />}
        <FilterLine state={state} count={shown.length} />
        <DetailLines state={state} chosen={chosen} />
      </Box>
    </Box>
  );
}

function Label({
  item,
  isChosen,
  cell,
}: {
  item: GalleryItem;
  isChosen: boolean;
  cell: GalleryGrid['cells'][number]['label'];
}) {
  return (
    // Inside a box that begins on screen row 1.
    <Box position="absolute" top={cell.row - 1} left={cell.column} width={cell.columns} height={1}>
      <Text tone={isChosen ? 'accent' : undefined} bold={isChosen} dimColor={!isChosen}>
        {`${isChosen ? '› ' : '  '}${cutStart(basename(item.path), cell.columns - 2)}`}
      </Text>
    </Box>
  );
}

function FilterLine({ state: { gallery }, count }: { state: State; count: number }) {
  if (!gallery.isFiltering && gallery.filter === '') {
    const words = count === 0 ? 'No pictures here yet.' : `${gallery.chosen + 1} of ${count}`;
    return <Text dimColor>{words}</Text>;
  }
  return (
    <Text wrap="truncate">
      <Text tone="accent">{'/ '}</Text>
      {gallery.filter}
      {gallery.isFiltering && <QueryCaret />}
      <Text dimColor>{`  ${count} of ${gallery.items.length}`}</Text>
    </Text>
  );
}

function DetailLines({ state: { gallery }, chosen }: { state: State; chosen: GalleryItem | undefined }) {
  const lines = chosen === undefined ? [] : (gallery.details.get(chosen.path)?.lines ?? []);
  return lines.slice(0, 2).map((line) => (
    <Text key={line} wrap="truncate" dimColor>
      {line}
    </Text>
  ));
}
