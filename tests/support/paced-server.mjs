// A whole server in a process of its own, so that it can really be killed, on the stand-in engine. It waits, loaded, until it
// is told over IPC where to work, and serves until it is told to close. Plain JS on the built server: it is forked as it is.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createEngineProcess } from '../../dist/server/engine-process.js';
import { startServer } from '../../dist/server/server.js';

const entry = fileURLToPath(new URL('./paced-engine-child.mjs', import.meta.url));
const modelDir = fileURLToPath(new URL('../../models/tiny', import.meta.url));

// The tests are gone.
const leave = () => process.exit(0);
process.on('disconnect', leave);

const [{ dataDir, notes }] = await once(process, 'message');
process.env.SAFELIGHT_ENGINE_NOTES = notes;
const server = await startServer({
  ...{ host: '127.0.0.1', port: 0, modelDirs: [modelDir], device: 'cpu', dataDir },
  log: (message, fields) => console.error(message, JSON.stringify(fields ?? {})),
  createEngine: (options) => createEngineProcess({ ...options, entry }),
});
process.send({ url: server.url });
await once(process, 'message');
await server.close();
// With the channel gone nothing may keep this process alive.
process.off('disconnect', leave);
process.disconnect();
