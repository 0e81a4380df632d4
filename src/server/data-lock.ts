/** One server a data folder: two would both make the jobs that a third one left. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SafelightError } from '../protocol/errors.js';
import { makeDataFolder } from './image-store.js';
import { toReason } from './whole-file.js';

/** More servers on one machine than anybody runs. */
const MAX_SERVERS = 64;

export interface LockedDir {
  dir: string;
  unlock(): Promise<void>;
}

/**
 * Takes the folder, or, where another server works in it, its subfolder `2`, `3`, … The lock is a listening local socket, which
 * goes with its process however that ends; a file with a process id would outlive a `kill -9`, and ids are used again.
 * @throws SafelightError UNSUPPORTED when the folder cannot be made or locked
 */
export async function lockDataDir(dataDir: string): Promise<LockedDir> {
  for (let n = 1; n <= MAX_SERVERS; n++) {
    const dir = n === 1 ? dataDir : join(dataDir, String(n));
    await makeDataFolder(dir);
    const server = await listenUnlessTaken(toAddress(await realpath(dir)));
    if (server !== undefined) return { dir, unlock: () => close(server) };
  }
  throw new SafelightError('UNSUPPORTED', `${MAX_SERVERS} servers work in the data folder ${dataDir} already`);
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

async function listenUnlessTaken(address: string): Promise<Server | undefined> {
  try {
    return await listen(address);
  } catch (cause) {
    if (toReason(cause) !== 'EADDRINUSE')
      throw new SafelightError('UNSUPPORTED', `cannot lock the data folder (${toReason(cause)})`, { cause });
    if (await answers(address)) return undefined;
    // Only macOS: its sockets are files, and this one was left behind.
    await rm(address, { force: true });
    return listen(address);
  }
}

/** Linux's abstract names and Windows' pipes are no files; elsewhere the name must be short, so it is not in the folder itself. */
function toAddress(dir: string): string {
  const name = `safelight-${createHash('sha256').update(dir).digest('hex').slice(0, 24)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

async function listen(address: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(address);
  await once(server, 'listening');
  server.unref();
  return server;
}

async function answers(address: string): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
