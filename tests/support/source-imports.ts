/** Reads what each source file imports, by the TypeScript syntax the project uses (static, re-export and dynamic). */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export interface SourceImport {
  /** Path from the repository's root: `src/engine/vae.ts`. */
  file: string;
  /** A package name (`sharp`, `node:fs`), or a path from the root when it is one of ours. */
  target: string;
  typeOnly: boolean;
}

const root = resolve(import.meta.dirname, '../..');
const STATIC = /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'/gm;
const DYNAMIC = /import\('([^']+)'\)/g;

export function sourceFiles(folder = 'src'): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

export function readSource(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

export function importsOf(file: string): SourceImport[] {
  const text = readSource(file);
  const found: SourceImport[] = [];
  for (const [, typeWord, names, from] of text.matchAll(STATIC)) {
    found.push({ file, target: toTarget(file, from), typeOnly: typeWord !== undefined || hasOnlyTypes(names) });
  }
  for (const [, from] of text.matchAll(DYNAMIC)) found.push({ file, target: toTarget(file, from), typeOnly: false });
  return found;
}

/** `{ type A, type B }` brings nothing at run time. */
function hasOnlyTypes(names: string | undefined): boolean {
  const inner = names?.match(/^\{([\s\S]*)\}$/)?.[1];
  if (inner === undefined) return false;
  const parts = inner.split(',').map((part) => part.trim());
  return parts.every((part) => part === '' || part.startsWith('type '));
}

function toTarget(file: string, from: string): string {
  if (!from.startsWith('.')) return packageName(from);
  const path = relative(root, resolve(root, dirname(file), from)).replace(/\.js$/, '');
  return sourceFiles().find((name) => name === `${path}.ts` || name === `${path}.tsx`) ?? path;
}

function packageName(from: string): string {
  const parts = from.split('/');
  return from.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}
