/** Whether a device works, and why not: a small graph is run on it in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cudaLibrary, type Device, toDevice } from '../engine/device.js';
import { SafelightError } from '../protocol/errors.js';
import type { DeviceTrial } from './device-child.js';
import { type DeviceFault, explainFault } from './device-fault.js';
import type { Log } from './log.js';

const ENTRY = fileURLToPath(new URL('./device-child.js', import.meta.url));
/** A real decoder with convolutions: without cuDNN only they fail. */
const GRAPH = fileURLToPath(new URL('../../models/tiny/vae_decoder/model.onnx', import.meta.url));
/** The first run on a GPU searches for the quickest way of each convolution. */
const PATIENCE_MS = 120_000;

export interface DeviceCheckOptions {
  /** The child's script; another one in tests. */
  entry?: string;
  /** Of the CUDA provider; another one in tests. */
  library?: string;
}

/** `ms` is what opening and running the graph took. */
export type DeviceCheck = { ms: number } | { fault: DeviceFault };

/** Never rejects for what is wrong with the device. */
export async function checkDevice(device: Device, options: DeviceCheckOptions = {}): Promise<DeviceCheck> {
  const missing = findMissing(device, options.library ?? cudaLibrary());
  if (missing !== undefined) return { fault: missing };
  const { trial, words } = await runChild(device, options.entry ?? ENTRY);
  if (trial !== undefined && 'ms' in trial) return trial;
  // What is missing is told by the runtime on stderr only; the error knows no more than that something is.
  return { fault: explainFault(device, `${trial?.message ?? ''}\n${words}`) };
}

/** What can be said without trying: `auto` must cost nothing where there is no GPU. */
function findMissing(device: Device, library: string): DeviceFault | undefined {
  const isCudaHost = process.platform === 'linux' && process.arch === 'x64';
  if (device === 'cuda' && !isCudaHost)
    return { reason: 'CUDA works on Linux with an x64 processor only', advice: 'try webgpu, or coreml on a Mac' };
  if (device === 'cuda' && !existsSync(library))
    return { reason: 'onnxruntime’s CUDA library is not installed', advice: 'docs/cuda.md tells how to get it' };
  if (device === 'coreml' && process.platform !== 'darwin')
    return { reason: 'Core ML works on a Mac only', advice: 'try cuda or webgpu' };
  return undefined;
}

async function runChild(device: Device, entry: string): Promise<{ trial: DeviceTrial | undefined; words: string }> {
  const child = fork(entry, [GRAPH, device], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let words = '';
  let trial: DeviceTrial | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words += text;
  });
  child.on('message', (message) => {
    trial = message as DeviceTrial;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
  }
  return { trial, words };
}

/**
 * `auto` takes CUDA where it works, else the CPU, and logs why. A device that was asked for by name must work.
 * @throws SafelightError UNSUPPORTED with what to do | INVALID_PARAMS
 */
export async function chooseDevice(asked: string, log: Log, options?: DeviceCheckOptions): Promise<Device> {
  const device = asked === 'auto' ? 'cuda' : toDevice(asked);
  if (device === 'cpu') return device;
  const check = await checkDevice(device, options);
  if ('ms' in check) return device;
  const { reason, advice } = check.fault;
  if (asked !== 'auto') throw new SafelightError('UNSUPPORTED', `${device} cannot be used: ${reason}; ${advice}`);
  log('pictures are made on the CPU', { level: 'info', reason, advice });
  return 'cpu';
}
