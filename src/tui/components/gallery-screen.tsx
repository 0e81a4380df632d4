/** The saved pictures: a page of thumbnails, and what the chosen one was made from. */
import { basename } from 'node:path';
import { Box } from 'ink';
import { useEffect, useInsertionEffect, useMemo } from 'react';
import { cellWidth, cutEnd, cutStart } from '../cell-width.js';
import { type GalleryGrid, galleryGrid, pageOf, thumbSlot } from '../gallery-grid.js';
import type { Measures } from '../measures.js';
import type { PictureFiles } from '../picture-files.js';
import type { Pictures } from '../pictures.js';
import { chosenOf, type GalleryItem, type GalleryState, shownOf } from '../state/gallery-state.js';
import type { State } from '../state/state.js';
import { EditedLine } from './edited-line.js';
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
        <FilterLine gallery={gallery} count={shown.length} columns={columns - 2} />
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

const FILTER_MARK = 'filter ';

function FilterLine({ gallery, count, columns }: { gallery: GalleryState; count: number; columns: number }) {
  const { filter, isFiltering, items, isListed } = gallery;
  if (!isFiltering && filter.prompt.text === '') {
    const words =
      count === 0 ? (isListed ? 'No pictures here yet.' : 'Reading the folder…') : `${gallery.chosen + 1} of ${count}`;
    return <Text dimColor>{words}</Text>;
  }
  const counted = `  ${count} of ${items.length}`;
  const room = Math.max(2, columns - cellWidth(FILTER_MARK + counted));
  return (
    <Text wrap="truncate">
      <Text tone="accent">{FILTER_MARK}</Text>
      {isFiltering ? <EditedLine line={filter.prompt} columns={room} /> : cutEnd(filter.prompt.text, room)}
      <Text dimColor>{counted}</Text>
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
