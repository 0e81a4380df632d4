/** The saved pictures: which there are, which is chosen, which are shown. Pure. */
import { toWordMatcher } from '../../client/word-match.js';
import type { GenerationRequest } from '../../protocol/params.js';
import { createTextEditor, reduceLine, type TextAction, type TextEditor } from '../text-editor.js';

export interface GalleryItem {
  path: string;
  /** Milliseconds since 1970. */
  savedAtMs: number;
}

/** What a file says of its making. */
export interface Details {
  /** Undefined when the file does not tell enough to make it again. */
  request: GenerationRequest | undefined;
  /** For people, a line each. */
  lines: readonly string[];
}

export interface GalleryState {
  /** The folder was read: without items there are none. */
  isListed: boolean;
  /** Newest first. */
  items: readonly GalleryItem[];
  details: ReadonlyMap<string, Details>;
  /** Words that a shown picture has in its prompt or name. */
  filter: TextEditor;
  isFiltering: boolean;
  /** Of the shown ones. */
  chosen: number;
}

export type GalleryAction =
  | { type: 'galleryListed'; items: readonly GalleryItem[] }
  | { type: 'galleryTold'; path: string; details: Details }
  | { type: 'galleryRemoved'; path: string }
  | { type: 'galleryMoved'; by: number }
  /** In the words of the filter. */
  | { type: 'galleryText'; action: TextAction }
  | { type: 'galleryFiltering'; on: boolean };

export const EMPTY_GALLERY: GalleryState = {
  ...{ isListed: false, items: [], filter: createTextEditor(), isFiltering: false, chosen: 0 },
  details: new Map(),
};

export function shownOf({ items, details, filter }: GalleryState): readonly GalleryItem[] {
  const matches = toWordMatcher(filter.prompt.text);
  return items.filter(({ path }) => matches(`${path} ${details.get(path)?.request?.prompt ?? ''}`));
}

export function chosenOf(gallery: GalleryState): GalleryItem | undefined {
  return shownOf(gallery)[gallery.chosen];
}

export function reduceGallery(gallery: GalleryState, action: GalleryAction): GalleryState {
  switch (action.type) {
    case 'galleryListed':
      return stay(gallery, { ...gallery, isListed: true, items: action.items });
    case 'galleryTold':
      return stay(gallery, { ...gallery, details: new Map(gallery.details).set(action.path, action.details) });
    case 'galleryRemoved':
      return clamp({ ...gallery, items: gallery.items.filter(({ path }) => path !== action.path) });
    case 'galleryMoved':
      return clamp({ ...gallery, chosen: gallery.chosen + action.by });
    case 'galleryText': {
      const filter = reduceLine(gallery.filter, action.action);
      const isSame = filter.prompt.text === gallery.filter.prompt.text;
      return { ...gallery, filter, chosen: isSame ? gallery.chosen : 0 };
    }
    case 'galleryFiltering':
      return { ...gallery, isFiltering: action.on };
    default:
      return action satisfies never;
  }
}

/** New pictures come in front, others are found to have the words: the chosen one stays chosen. */
function stay(before: GalleryState, after: GalleryState): GalleryState {
  const path = chosenOf(before)?.path;
  const at = before.chosen === 0 ? 0 : shownOf(after).findIndex((item) => item.path === path);
  return clamp({ ...after, chosen: at });
}

function clamp(gallery: GalleryState): GalleryState {
  const last = Math.max(0, shownOf(gallery).length - 1);
  return { ...gallery, chosen: Math.min(last, Math.max(0, gallery.chosen)) };
}
