/** Tries a device on one small graph, for `device-check.ts`: a native library that breaks takes only this process with it. */
import { openSession } from '../engine/session.js';

/** What the graph has no fixed size for. */
const SIDE = 8;

export type DeviceTrial = { ms: number } | { message: string };

async function tryDevice(path: string, device: string): Promise<DeviceTrial> {
  const startedAt = performance.now();
  const session = await openSession(path, device);
  const [input] = session.inputNames;
  const dims = session.inputShape(input).map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : SIDE));
  await session.run({ [input]: { data: new Float32Array(dims.reduce((product, size) => product * size, 1)), dims } });
  return { ms: performance.now() - startedAt };
}

const [path = '', device = ''] = process.argv.slice(2);
const trial = await tryDevice(path, device).catch((error: unknown) => ({ message: String(error) }));
process.send?.(trial, () => process.exit());
