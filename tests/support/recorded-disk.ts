/**
 * node:fs/promises that writes down what is asked of the disk, for tests of what survives a power cut: no test can cut the
 * power, so the order of the calls is checked. `vi.mock` is hoisted, so its factory imports this file by itself.
 */
import type * as FsPromises from 'node:fs/promises';
import { basename } from 'node:path';

/** `open a`, `write a`, `sync a`, `close a`, `rename a b`, `link a b`: names without their folders. */
export const diskCalls: string[] = [];

/** @param names of temporary files differ from run to run: they read as `*.part` */
const nameOf = (path: unknown) => basename(String(path)).replace(/^.*(\.part)$/, '*$1');

export async function recordDisk(importOriginal: () => Promise<typeof FsPromises>): Promise<typeof FsPromises> {
  const real = await importOriginal();
  return {
    ...real,
    async open(path, ...rest) {
      const file = await real.open(path, ...rest);
      const record =
        <Args extends unknown[], T>(what: string, call: (...args: Args) => Promise<T>) =>
        async (...args: Args) => {
          const result = await call.apply(file, args);
          diskCalls.push(`${what} ${nameOf(path)}`);
          return result;
        };
      diskCalls.push(`open ${nameOf(path)}`);
      return Object.assign(file, {
        writeFile: record('write', file.writeFile),
        sync: record('sync', file.sync),
        close: record('close', file.close),
      });
    },
    async rename(from, to) {
      await real.rename(from, to);
      diskCalls.push(`rename ${nameOf(from)} ${nameOf(to)}`);
    },
    async link(from, to) {
      await real.link(from, to);
      diskCalls.push(`link ${nameOf(from)} ${nameOf(to)}`);
    },
  };
}

/** What must have happened by the time that a file counts as safe. @param becomes how it gets its name */
export function flushedFile(becomes: 'rename' | 'link', name: string, folder: string | undefined): string[] {
  const file = ['open *.part', 'write *.part', 'sync *.part', 'close *.part', `${becomes} *.part ${name}`];
  return folder === undefined ? file : [...file, `open ${folder}`, `sync ${folder}`, `close ${folder}`];
}
