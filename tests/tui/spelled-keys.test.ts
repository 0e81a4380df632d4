/** Texts of the UI name keys by asking the key map: a spelled-out key is wrong as soon as somebody gives its command another one. */
import { describe, expect, test } from 'vitest';
import { readSource, sourceFiles } from '../support/source-imports.js';

/** The key map and its names, what the terminal sends, and the plain UI, whose keys are the terminal's own. */
const KNOWS_KEYS = [
  ...['src/tui/key-bindings.ts', 'src/tui/key-help.ts', 'src/tui/key-overrides.ts', 'src/tui/keys.ts'],
  ...['src/tui/plain.ts', 'src/tui/plain-words.ts'],
];
const FOLDERS_THAT_DO = ['src/tui/terminal/', 'src/tui/graphics/'];

/** By name, by sign, as `^R`, or after `press`. */
const NAMED =
  /\b(?:Enter|Esc|esc|Tab|Backspace|PgUp|PgDn|[Cc]trl|[Aa]lt)\b|[⏎⌫⌦⇧]|[↑↓←→] [↑↓←→]|\^[A-Z]\b|\bpress [^$ ]/;
/** `1 goes to the prompt`, `y · esc`, `· x cancel`: one sign or letter where a sentence or a part of it begins. */
const LONE = /(?:^|[.:;·] |\? )[b-hj-zB-HJ-Z0-9?/+](?= [a-z]| ·|$)/;

/** String and JSX texts of a source, comments left out. */
function textsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
  const strings = [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)];
  const jsx = [...code.matchAll(/>\s*([^<>{}=()]*[a-z][^<>{}=()]*?)\s*</g)];
  return [...strings, ...jsx].map(([, ...parts]) => parts.find((part) => part !== undefined) ?? '');
}

const isSpelled = (text: string) => text.includes(' ') && (NAMED.test(text) || LONE.test(text));

const files = sourceFiles('src/tui').filter(
  (file) => !KNOWS_KEYS.includes(file) && !FOLDERS_THAT_DO.some((folder) => file.startsWith(folder)),
);

test('the search finds what it is for', () => {
  const source = `hint(store, 'Nothing yet: press e and go on.'); return <Text>↑ ↓ choose, ⏎ takes it</Text>; // Enter`;
  expect(textsOf(source).filter(isSpelled)).toHaveLength(2);
  for (const text of [
    ...['Enter forks, Esc leaves it', '1 goes to the prompt', 'too small · esc back', 'to the trash? y · esc'],
    ...['c goes to another server', 'page 1 · ↑ ↓', 'not done yet · x cancel', '^T retries now'],
  ])
    expect(isSpelled(text), text).toBe(true);
  for (const text of ['Describe a picture first.', 'a small model comes along', 'retrying in 4 s (attempt 3)'])
    expect(isSpelled(text), text).toBe(false);
  expect(files.length).toBeGreaterThan(60);
});

describe('no key is spelled out in', () => {
  test.each(files)('%s', (file) => {
    expect(textsOf(readSource(file)).filter(isSpelled)).toEqual([]);
  });
});
