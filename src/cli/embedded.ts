/** A server of one's own for as long as one command runs: on loopback, with a token nobody else knows. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModelDir, startServer } from './serve.js';

export interface Embedded {
  url: string;
  token: string;
  /** Stops server and engine, and removes their files. */
  close(): Promise<void>;
}

/** @param model folder or id  @param log where the engine's words go  @throws SafelightError MODEL_NOT_FOUND | MODEL_INVALID */
export async function startEmbedded(model: string | undefined, log: (line: string) => void): Promise<Embedded> {
  const modelDirs = [await findModelDir(model)];
  const dataDir = await mkdtemp(join(tmpdir(), 'safelight-'));
  const removeFiles = () => rm(dataDir, { recursive: true, force: true });
  const token = randomBytes(24).toString('base64url');
  try {
    const server = await startServer({
      host: '127.0.0.1',
      port: 0,
      token,
      modelDirs,
      device: 'auto',
      dataDir,
      // There is one client, and it is ours.
      limits: { submitsPerMinute: Number.POSITIVE_INFINITY },
      // What goes well is seen in the picture.
      log: (message, { level, error } = {}) =>
        level !== 'info' && log(error === undefined ? message : `${message}: ${error}`),
    });
    const close = () => server.close().finally(removeFiles);
    return { url: server.url, token, close };
  } catch (error) {
    await removeFiles();
    throw error;
  }
}
