/** The dependency rules of docs/architecture.md, read from the imports. */
import { describe, expect, test } from 'vitest';
import { importsOf, readSource, sourceFiles } from './support/source-imports.js';

/** Folder order is dependency order. */
const MAY_IMPORT: Record<string, string[]> = {
  protocol: ['protocol'],
  files: ['files'],
  metadata: ['protocol', 'metadata'],
  engine: ['protocol', 'metadata', 'engine'],
  models: ['protocol', 'files', 'engine', 'models'],
  server: ['protocol', 'files', 'engine', 'models', 'server'],
  client: ['protocol', 'files', 'metadata', 'client'],
  tui: ['protocol', 'metadata', 'client', 'tui'],
  cli: ['protocol', 'metadata', 'client', 'tui', 'cli'],
};

/** Packages that are native, reach the network or are heavy: the only files that may import them. */
const EDGES: Record<string, string[]> = {
  'onnxruntime-node': ['src/engine/session.ts'],
  '@huggingface/tokenizers': ['src/engine/tokenizer.ts'],
  sharp: ['src/engine/image.ts', 'src/tui/decode-picture.ts'],
  undici: ['src/client/proxy.ts'],
  ws: ['src/server/socket.ts', 'src/client/socket.ts'],
  '@ngrok/ngrok': ['src/server/tunnel/ngrok-child.ts'],
  '@hono/node-server': ['src/server/http-listener.ts'],
  '@huggingface/hub': ['src/models/hub.ts'],
  commander: ['src/cli/program.ts'],
  pino: ['src/server/log-output.ts'],
  'prom-client': ['src/server/metrics.ts'],
  trash: ['src/client/gallery.ts'],
  open: ['src/client/gallery.ts'],
};

const files = sourceFiles();
const imports = files.flatMap(importsOf);
const layerOf = (file: string) => file.split('/')[1];
const isOurs = (target: string) => target.startsWith('src/');

test('the reader sees the project', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(imports).toContainEqual({ file: 'src/engine/session.ts', target: 'onnxruntime-node', typeOnly: false });
});

describe('layers', () => {
  test.each(Object.keys(MAY_IMPORT))('%s imports only what stands below it', (layer) => {
    const forbidden = imports.filter(
      ({ file, target }) => layerOf(file) === layer && isOurs(target) && !MAY_IMPORT[layer].includes(layerOf(target)),
    );
    // The doors to each: the command that starts the server and its tunnel, and the one that keeps the models.
    const doors: Record<string, string> = {
      'src/cli/serve.ts': 'server',
      'src/cli/serve-tunnel.ts': 'server',
      'src/cli/models.ts': 'models',
    };
    expect(forbidden.filter(({ file, target }) => doors[file] !== layerOf(target))).toEqual([]);
  });

  test('every folder of src has its rule', () => {
    expect([...new Set(files.map(layerOf))].filter((layer) => !(layer in MAY_IMPORT))).toEqual([]);
  });

  test('protocol imports zod only', () => {
    const packages = imports.filter(({ file, target }) => layerOf(file) === 'protocol' && !isOurs(target));
    expect(packages.filter(({ target }) => target !== 'zod')).toEqual([]);
  });
});

describe('edges', () => {
  test.each(Object.entries(EDGES))('%s is imported by its edge file only', (name, allowed) => {
    const importers = imports.filter(({ target, typeOnly }) => target === name && !typeOnly).map(({ file }) => file);
    expect(importers.filter((file) => !allowed.includes(file))).toEqual([]);
  });

  test('ink and react stay in the terminal UI', () => {
    const drawn = imports.filter(({ target }) => target === 'ink' || target === 'react');
    expect(drawn.filter(({ file }) => layerOf(file) !== 'tui')).toEqual([]);
  });
});

test('no file reaches itself through run-time imports', () => {
  const edges = new Map(files.map((file) => [file, [] as string[]]));
  for (const { file, target, typeOnly } of imports) if (!typeOnly && isOurs(target)) edges.get(file)?.push(target);
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    (edges.get(from) ?? []).some((next) => next === goal || (!seen.has(next) && reaches(next, goal, seen.add(next))));
  expect(files.filter((file) => reaches(file, file))).toEqual([]);
});

test('only entries touch the process: exit, signals, environment', () => {
  const entries = /^src\/(cli\/|tui\/main\.tsx|server\/(engine|device)-child\.ts|server\/tunnel\/[a-z]+-child\.ts)/;
  const guilty = files.filter(
    (file) => !entries.test(file) && /\bprocess\.(exit|on|once|env)\b/.test(readSource(file)),
  );
  expect(guilty).toEqual([]);
});

test('words have the theme’s colours: only its own component takes Ink’s text', () => {
  const takers = files.filter((file) => /import \{[^}]*\bText\b[^}]*\} from 'ink'/.test(readSource(file)));
  expect(takers).toEqual(['src/tui/components/text.tsx']);
});

test('files stay within one noun: at most 400 lines', () => {
  expect(files.filter((file) => readSource(file).split('\n').length > 400)).toEqual([]);
});

test('every file opens with a sentence on its job', () => {
  const silent = files.filter((file) => !/^(#!.*\n)?\/\*\*/.test(readSource(file)));
  expect(silent).toEqual([]);
});
