/** The key map in words: labels for the footer, pages for `?`, and docs/keys.md. */
import {
  type Command,
  KEY_BINDINGS,
  KEY_CONTEXTS,
  type KeyBinding,
  type KeyContext,
  takesText,
} from './key-bindings.js';

const LABELS: Record<string, string> = {
  ...{ up: '↑', down: '↓', left: '←', right: '→', pageup: 'PgUp', pagedown: 'PgDn', enter: '⏎' },
  ...{ esc: 'esc', tab: 'tab', 'shift+tab': '⇧tab', backspace: '⌫', delete: '⌦' },
};

export function keyLabel(key: string): string {
  return LABELS[key] ?? key.replace(/^ctrl\+(.)$/, (_, letter: string) => `^${letter.toUpperCase()}`);
}

export interface KeyHelp {
  label: string;
  help: string;
}

/** Of a binding those that do it there: where text is written, a letter is text. */
function keysIn({ keys, contexts }: KeyBinding, context: KeyContext): readonly string[] {
  if (!contexts.includes(context)) return [];
  return takesText(context) ? keys.filter((key) => [...key].length > 1) : keys;
}

function toHelp(bindings: readonly KeyBinding[], context: KeyContext): KeyHelp[] {
  return bindings.flatMap((binding) => {
    const keys = keysIn(binding, context);
    const { help } = binding;
    return help === undefined || keys.length === 0 ? [] : [{ label: keys.map(keyLabel).join(' '), help }];
  });
}

/** Names the first key of a command where it works, for a sentence; undefined where it has none. */
export type KeyNames = (command: Command, context: KeyContext) => string | undefined;

export function createKeyNames(bindings: readonly KeyBinding[]): KeyNames {
  return (command, context) => {
    const [key] = bindings.filter((binding) => binding.command === command).flatMap((own) => keysIn(own, context));
    return key === undefined ? undefined : keyLabel(key);
  };
}

/** `⏎ forks · esc back`: a key and what it does, of those that there are. */
export function joinKeys(...entries: (readonly [key: string | undefined, does: string])[]): string {
  return entries.flatMap(([key, does]) => (key === undefined ? [] : [`${key} ${does}`])).join(' · ');
}

/** All of a context, for the help page. */
export function helpFor(context: KeyContext, bindings: readonly KeyBinding[] = KEY_BINDINGS): KeyHelp[] {
  return toHelp(bindings, context);
}

/** What is useful right now, for the footer. @param idle commands that would do nothing */
export function footerFor(
  context: KeyContext,
  idle: ReadonlySet<Command>,
  bindings: readonly KeyBinding[] = KEY_BINDINGS,
): KeyHelp[] {
  const useful = bindings.filter(({ command, isRare }) => isRare !== true && !idle.has(command));
  const urgent = useful.filter(({ isUrgent }) => isUrgent === true);
  const inOrder = [...urgent, ...useful.filter((binding) => !urgent.includes(binding))];
  return toHelp(inOrder, context).map(({ label, help }) => ({ label: label.split(' ')[0], help }));
}

export const CONTEXT_TITLES: Record<KeyContext, string> = {
  prompt: 'In a prompt',
  fields: 'In the parameters',
  typing: 'While a parameter is typed',
  list: 'In a list to choose from',
  filter: 'In the gallery’s filter',
  create: 'Create',
  queue: 'Queue',
  gallery: 'Gallery',
  server: 'Server',
  cull: 'Contact sheet',
  reading: 'On a page of text',
  question: 'When something is asked',
  quitting: 'When jobs still run',
  culling: 'Before a contact sheet',
  welcome: 'On the first page',
};

/** docs/keys.md, whole. */
export function toKeysMarkdown(): string {
  const sections = KEY_CONTEXTS.map((context) => {
    const own = KEY_BINDINGS.filter(({ contexts }) => contexts.includes(context));
    const rows = own.map(({ command, keys, help }) => {
      const labels = keys.map((key) => `\`${key}\``).join(' ');
      return `| ${labels} | ${help ?? command} | \`${command}\` |`;
    });
    return [`## ${CONTEXT_TITLES[context]}`, '| key | does | command |', '|---|---|---|', ...rows].join('\n');
  });
  return `${['# Keys', INTRODUCTION, ...sections].join('\n\n')}\n`;
}

const INTRODUCTION = `Made from src/tui/key-bindings.ts by its test; do not edit.

The settings file may give a command other keys: \`"keys": { "again": "a", "cancel": ["x", "ctrl+x"] }\`. A letter stands for itself;
others are named as below, with \`ctrl+\` or \`alt+\` in front. An empty list takes a command's keys away.`;
