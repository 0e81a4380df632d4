import { describe, expect, test } from 'vitest';
import { findForeignSyntax, notesOnPrompts } from '../../src/engine/prompt-notes.js';
import type { ResolvedParams } from '../../src/engine/request.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';

const found = (prompt: string) => findForeignSyntax(prompt).map(({ kind, text }) => `${kind}: ${text}`);

function notesOf(params: object): string[] {
  const asked = GenerationParamsSchema.parse({ prompt: 'a lake', ...params });
  const resolved: ResolvedParams = { ...asked, guidanceScale: 5, seed: 7 };
  return notesOnPrompts(resolved);
}

describe('syntax of other programs', () => {
  test.each([
    ['a [red:blue:0.5] house', ['prompt editing: [red:blue:0.5]']],
    ['[house:5]', ['prompt editing: [house:5]']],
    ['[house::5]', ['prompt editing: [house::5]']],
    ['[house:-1]', ['prompt editing: [house:-1]']],
    ['[a house : a lake : .5 ]', ['prompt editing: [a house : a lake : .5 ]']],
    ['[(red:1.2):blue:0.25]', ['prompt editing: [(red:1.2):blue:0.25]']],
    ['[[a:b:3]:c:7]', ['prompt editing: [a:b:3]', 'prompt editing: [[a:b:3]:c:7]']],
    ['([a:b:0.5]:1.2)', ['prompt editing: [a:b:0.5]']],
    ['[red|blue] house', ['alternation: [red|blue]']],
    ['[red||blue|]', ['alternation: [red||blue|]']],
    ['[[red]|(blue:1.1)]', ['alternation: [[red]|(blue:1.1)]']],
    ['a lake AND a house', ['composition: AND']],
    ['a lake :1.2 AND a house:0.8', ['composition: AND']],
    ['lake\nAND\nhouse', ['composition: AND']],
    ['<lora:film:0.8> a lake', ['an extra network: <lora:film:0.8>']],
    ['<hypernet:x:1><lyco:y>', ['an extra network: <hypernet:x:1>', 'an extra network: <lyco:y>']],
    ['[<lora:film:1>:0.5]', ['prompt editing: [<lora:film:1>:0.5]', 'an extra network: <lora:film:1>']],
    ['<lora:rock AND roll:1>', ['an extra network: <lora:rock AND roll:1>']],
    ['embedding:bad-hands.pt, fog', ['an embedding by name: embedding:bad-hands.pt']],
    ['(embedding:bad_hands:1.2)', ['an embedding by name: embedding:bad_hands']],
    ['{\\[x\\]} [a\\:b:c:2]', ['prompt editing: [a\\:b:c:2]']],
  ])('%j', (prompt, findings) => {
    expect(found(prompt)).toEqual(findings);
  });
});

describe('nothing of the kind', () => {
  test.each([
    'a red house by a lake',
    '[word]',
    '[[word]]',
    '(word)',
    '(a:1.2)',
    '((a:1.2) b)',
    '[(a:1.2)]',
    '[a:b]',
    '[a:b:c]',
    '[a:b:c:0.5]',
    '[a:b:0.5',
    'a:b:0.5]',
    '\\[a:b:0.5\\]',
    '\\[a|b\\]',
    'a|b',
    '(a|b)',
    'at 12:30',
    'sand and stone',
    'SAND, ANDES, ANDÉ, R_AND_D',
    'a lake and a house',
    'BREAK',
    'a < b: c > d',
    '<lora>',
    'i <3 you:me >',
    'embedding',
    'my_embedding:x',
    'embedding: none',
    '',
  ])('%j', (prompt) => {
    expect(found(prompt)).toEqual([]);
  });
});

test('a sentence names the field, the syntax, and what becomes of it', () => {
  expect(notesOf({ prompt: '[a:b:0.5]', negativePrompt: 'fog AND rain AND snow' })).toEqual([
    'The prompt has prompt editing, which is not supported: "[a:b:0.5]" is read as plain text.',
    'The negative prompt has composition, which is not supported: "AND" and 1 more are read as plain text.',
  ]);
});

test('the prompts of a branch are read, too', () => {
  const branch = { branchStep: 2, branchPrompt: '<lora:x:1>', branchNegativePrompt: '[a|b]' };
  expect(notesOf(branch).map((note) => note.split(',')[0])).toEqual([
    'The branch prompt has an extra network',
    'The branch negative prompt has alternation',
  ]);
});

test('what is quoted is one short line of letters', () => {
  const [note] = notesOf({ prompt: `[a\n\u001b\u0007${'long '.repeat(40)}|b]` });
  expect(note).toMatch(/"\[a long .{30,60}…" is read as plain text\.$/);
});
