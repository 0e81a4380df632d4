/** The one table of commands and their keys: what a key does, the help page, the footer and docs/keys.md are read from it. */
import type { Edit } from './prompt-editor.js';

/** Who has the keys. In the first five letters are text, elsewhere they are commands. */
export const KEY_CONTEXTS = [
  ...(['prompt', 'fields', 'typing', 'list', 'filter'] as const),
  ...(['create', 'queue', 'gallery', 'server', 'cull'] as const),
  ...(['reading', 'question', 'quitting', 'culling', 'welcome'] as const),
] as const;
export type KeyContext = (typeof KEY_CONTEXTS)[number];

const TEXT_CONTEXTS: readonly KeyContext[] = ['prompt', 'fields', 'typing', 'list', 'filter'];
/** With the caret in a text. In the panel of parameters left and right step the value until one is typed. */
const EDITED: readonly KeyContext[] = ['prompt', 'typing', 'list', 'filter'];

export function takesText(context: KeyContext): boolean {
  return TEXT_CONTEXTS.includes(context);
}

export type PickCommand = `pick${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

export type Command =
  | Edit
  | PickCommand
  | (
      | 'generate'
      | 'newline'
      | 'lineUp'
      | 'lineDown'
      | 'yank'
      | 'undo'
      | 'redo'
      | 'older'
      | 'newer'
      | 'searchHistory'
      | 'editor'
      | 'leave'
      | 'nextPart'
      | 'previousPart'
    )
  | ('fieldUp' | 'fieldDown' | 'less' | 'more' | 'takeField')
  | ('again' | 'newSeed' | 'edit' | 'variations' | 'moreSteps' | 'hires' | 'branch' | 'cull' | 'lockSeed')
  | ('cancel' | 'open' | 'copyPath' | 'copyPrompt' | 'info' | 'remove')
  | ('toCreate' | 'toQueue' | 'toGallery' | 'toServer')
  | ('moveUp' | 'moveDown' | 'moveLeft' | 'moveRight' | 'pageUp' | 'pageDown' | 'choose' | 'filter' | 'connect')
  | ('yes' | 'close' | 'finish' | 'leaveRunning' | 'cancelAll')
  | ('help' | 'quit' | 'interrupt' | 'suspend' | 'retryNow');

export interface KeyBinding {
  command: Command;
  contexts: readonly KeyContext[];
  keys: readonly string[];
  /** Left out for keys that everybody knows. */
  help?: string;
  /** Without it the footer has no room for the others. */
  isRare?: boolean;
  /** While it does something it stands in front of the others. */
  isUrgent?: boolean;
}

/** The panel of parameters, without and with a value that is being typed. */
const PANEL = ['fields', 'typing'] as const;
const SCREENS = ['create', 'queue', 'gallery', 'server'] as const;
/** Where there is a picture, or what a picture was made from, that the key is about. */
const PICTURES = ['create', 'queue', 'gallery'] as const;
const LISTS = ['queue', 'gallery'] as const;
const MOVABLE = [...LISTS, 'list', 'culling', 'welcome'] as const;

/** By the frame's place on the contact sheet. */
export const PICKS = ([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map((n): PickCommand => `pick${n}`);

const picks = PICKS.map(
  (command, at): KeyBinding => ({
    ...{ command, contexts: ['cull'], keys: [String(at + 1)], isRare: at > 0 },
    ...(at === 0 && { help: 'pick a frame' }),
  }),
);

export const KEY_BINDINGS: readonly KeyBinding[] = [
  { command: 'generate', contexts: ['prompt'], keys: ['enter'], help: 'generate' },
  { command: 'newline', contexts: ['prompt'], keys: ['ctrl+j'], help: 'new line', isRare: true },
  { command: 'nextPart', contexts: ['prompt', 'fields', 'typing'], keys: ['tab'], help: 'next field' },
  { command: 'nextPart', contexts: ['create'], keys: ['tab'], help: 'into the form', isRare: true },
  {
    ...{ command: 'previousPart', contexts: ['prompt', 'fields', 'typing', 'create'], keys: ['shift+tab'] },
    ...{ help: 'field before', isRare: true },
  },
  { command: 'lineUp', contexts: ['prompt'], keys: ['up'], help: 'line up, earlier prompts', isRare: true },
  { command: 'lineDown', contexts: ['prompt'], keys: ['down'], help: 'line down, later prompts', isRare: true },
  { command: 'older', contexts: ['prompt'], keys: ['ctrl+p'], help: 'earlier prompt', isRare: true },
  { command: 'newer', contexts: ['prompt'], keys: ['ctrl+n'], help: 'later prompt', isRare: true },
  { command: 'searchHistory', contexts: ['prompt'], keys: ['ctrl+r'], help: 'search' },
  { command: 'editor', contexts: ['prompt'], keys: ['ctrl+g'], help: 'your editor', isRare: true },

  { command: 'fieldUp', contexts: PANEL, keys: ['up'], help: 'field above', isRare: true },
  { command: 'fieldDown', contexts: PANEL, keys: ['down'], help: 'field below', isRare: true },
  { command: 'less', contexts: ['fields', 'culling'], keys: ['left'], help: 'less' },
  { command: 'more', contexts: ['fields', 'culling'], keys: ['right'], help: 'more' },
  { command: 'takeField', contexts: ['fields'], keys: ['enter'], help: 'take or generate' },
  { command: 'takeField', contexts: ['typing'], keys: ['enter'], help: 'take' },
  { command: 'leave', contexts: ['prompt', ...PANEL], keys: ['esc'], help: 'leave the field' },

  { command: 'again', contexts: PICTURES, keys: ['r'], help: 'same again' },
  { command: 'newSeed', contexts: PICTURES, keys: ['R'], help: 'new seed' },
  { command: 'edit', contexts: PICTURES, keys: ['e'], help: 'edit' },
  { command: 'cancel', contexts: ['create', 'queue', 'cull'], keys: ['x'], help: 'cancel' },
  { command: 'filter', contexts: ['gallery'], keys: ['/'], help: 'filter' },
  { command: 'open', contexts: PICTURES, keys: ['o'], help: 'open' },
  { command: 'help', contexts: SCREENS, keys: ['?'], help: 'help' },
  { command: 'quit', contexts: SCREENS, keys: ['q'], help: 'quit' },
  { command: 'variations', contexts: PICTURES, keys: ['v'], help: 'variations' },
  { command: 'moreSteps', contexts: PICTURES, keys: ['+'], help: 'more steps', isRare: true },
  { command: 'hires', contexts: PICTURES, keys: ['u'], help: 'hires', isRare: true },
  { command: 'branch', contexts: ['create', 'queue'], keys: ['b'], help: 'branch' },
  { command: 'cull', contexts: ['create'], keys: ['c'], help: 'contact sheet' },
  { command: 'lockSeed', contexts: ['create'], keys: ['l'], help: 'lock or free the seed', isRare: true },
  { command: 'copyPath', contexts: PICTURES, keys: ['y'], help: 'copy the path', isRare: true },
  { command: 'copyPrompt', contexts: PICTURES, keys: ['p'], help: 'copy the prompt', isRare: true },
  { command: 'info', contexts: PICTURES, keys: ['i'], help: 'info' },
  { command: 'remove', contexts: PICTURES, keys: ['d'], help: 'to the trash', isRare: true },

  { command: 'moveUp', contexts: MOVABLE, keys: ['up'], help: 'up', isRare: true },
  { command: 'moveDown', contexts: MOVABLE, keys: ['down'], help: 'down', isRare: true },
  { command: 'moveUp', contexts: ['reading'], keys: ['up', 'pageup'], help: 'page before', isRare: true },
  { command: 'moveDown', contexts: ['reading'], keys: ['down', 'pagedown', ' '], help: 'next page', isRare: true },
  { command: 'moveUp', contexts: [...LISTS, 'welcome'], keys: ['k'] },
  { command: 'moveDown', contexts: [...LISTS, 'welcome'], keys: ['j'] },
  { command: 'moveLeft', contexts: ['gallery'], keys: ['left', 'h'], help: 'left', isRare: true },
  { command: 'moveRight', contexts: ['gallery'], keys: ['right', 'l'], help: 'right', isRare: true },
  { command: 'pageUp', contexts: LISTS, keys: ['pageup', 'g'], help: 'to the top', isRare: true },
  { command: 'pageDown', contexts: LISTS, keys: ['pagedown', 'G'], help: 'to the end', isRare: true },
  { command: 'choose', contexts: ['queue'], keys: ['enter'], help: 'show' },
  { command: 'choose', contexts: ['list', 'filter'], keys: ['enter'], help: 'take' },
  { command: 'connect', contexts: ['server'], keys: ['c', 'enter'], help: 'connect to a server' },

  ...picks,
  { command: 'finish', contexts: ['cull'], keys: ['enter'], help: 'finish the picked' },
  { command: 'choose', contexts: ['culling'], keys: ['enter'], help: 'start' },
  { command: 'choose', contexts: ['welcome'], keys: ['enter'], help: 'take' },
  { command: 'close', contexts: ['welcome'], keys: ['esc'], help: 'on this machine' },
  { command: 'quit', contexts: ['welcome'], keys: ['q'], help: 'quit' },

  { command: 'yes', contexts: ['question'], keys: ['y'], help: 'yes' },
  { command: 'leaveRunning', contexts: ['quitting'], keys: ['l'], help: 'leave it running' },
  { command: 'cancelAll', contexts: ['quitting'], keys: ['x', 'q', 'ctrl+c'], help: 'cancel it and quit' },
  {
    command: 'close',
    contexts: ['list', 'filter', 'reading', 'question', 'quitting', 'culling', 'cull'],
    keys: ['esc'],
    help: 'back',
  },
  { command: 'close', contexts: ['reading', 'question'], keys: ['q'] },
  { command: 'close', contexts: ['question'], keys: ['n'] },
  { command: 'close', contexts: ['reading'], keys: ['?', 'enter', 'i'] },

  { command: 'toCreate', contexts: SCREENS, keys: ['1'], help: 'create', isRare: true },
  { command: 'toQueue', contexts: SCREENS, keys: ['2'], help: 'queue', isRare: true },
  { command: 'toGallery', contexts: SCREENS, keys: ['3'], help: 'gallery', isRare: true },
  { command: 'toServer', contexts: SCREENS, keys: ['4'], help: 'server', isRare: true },
  {
    ...{ command: 'retryNow', keys: ['ctrl+t'], help: 'retry the connection', isUrgent: true },
    contexts: [...TEXT_CONTEXTS, ...SCREENS, 'cull', 'reading'],
  },
  {
    ...{ command: 'interrupt', keys: ['ctrl+c'], help: 'cancel, then quit', isRare: true },
    contexts: [...TEXT_CONTEXTS, ...SCREENS, 'cull', 'welcome'],
  },
  // There it only goes back.
  { command: 'interrupt', contexts: ['reading', 'question', 'culling'], keys: ['ctrl+c'] },
  {
    ...{ command: 'suspend', keys: ['ctrl+z'], help: 'suspend (fg resumes)', isRare: true },
    contexts: [...TEXT_CONTEXTS, ...SCREENS, 'cull', 'welcome'],
  },
  // There the footer names only the answers.
  { command: 'suspend', contexts: ['reading', 'question', 'quitting', 'culling'], keys: ['ctrl+z'] },

  {
    ...{ command: 'wordLeft', contexts: TEXT_CONTEXTS, keys: ['alt+b', 'ctrl+left', 'alt+left'] },
    ...{ help: 'a word back', isRare: true },
  },
  {
    ...{ command: 'wordRight', contexts: TEXT_CONTEXTS, keys: ['alt+f', 'ctrl+right', 'alt+right'] },
    ...{ help: 'a word on', isRare: true },
  },
  { command: 'deleteWordRight', contexts: TEXT_CONTEXTS, keys: ['alt+d'], help: 'delete the next word', isRare: true },
  { command: 'yank', contexts: TEXT_CONTEXTS, keys: ['ctrl+y'], help: 'put back the deleted', isRare: true },
  // In Create, too: what leaving put aside is one key away.
  { command: 'undo', contexts: [...TEXT_CONTEXTS, 'create'], keys: ['ctrl+_'], help: 'undo', isRare: true },
  { command: 'redo', contexts: [...TEXT_CONTEXTS, 'create'], keys: ['alt+_', 'alt+z'], help: 'redo', isRare: true },
  { command: 'left', contexts: EDITED, keys: ['left', 'ctrl+b'] },
  { command: 'right', contexts: EDITED, keys: ['right', 'ctrl+f'] },
  { command: 'home', contexts: TEXT_CONTEXTS, keys: ['home', 'ctrl+a'], help: 'to the start', isRare: true },
  { command: 'end', contexts: TEXT_CONTEXTS, keys: ['end', 'ctrl+e'], help: 'to the end', isRare: true },
  { command: 'backspace', contexts: TEXT_CONTEXTS, keys: ['backspace'] },
  { command: 'delete', contexts: TEXT_CONTEXTS, keys: ['delete'] },
  { command: 'deleteWord', contexts: TEXT_CONTEXTS, keys: ['ctrl+w'], help: 'delete the word', isRare: true },
  { command: 'deleteToStart', contexts: TEXT_CONTEXTS, keys: ['ctrl+u'], help: 'delete to the start', isRare: true },
  { command: 'deleteToEnd', contexts: TEXT_CONTEXTS, keys: ['ctrl+k'], help: 'delete to the end', isRare: true },
];
