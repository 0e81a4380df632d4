/** The devices that models run on, by onnxruntime's names. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SafelightError } from '../protocol/errors.js';

export const DEVICES = ['cpu', 'cuda', 'webgpu', 'coreml'] as const;
export type Device = (typeof DEVICES)[number];

/** onnxruntime drops a name that it does not know with a warning and goes on with the CPU. @throws SafelightError INVALID_PARAMS */
export function toDevice(name: string): Device {
  const device = DEVICES.find((each) => each === name);
  if (device !== undefined) return device;
  throw new SafelightError('INVALID_PARAMS', `device: there is no ${name}, only auto, ${DEVICES.join(', ')}`);
}

/** Comes apart from the package, from Microsoft's own server (docs/cuda.md). */
export function cudaLibrary(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return join(folder, 'libonnxruntime_providers_cuda.so');
}
