/** What onnxruntime and the drivers say of a device that does not work, and what a person can do about it. */
import type { Device } from '../engine/device.js';

export interface DeviceFault {
  reason: string;
  /** What to do. */
  advice: string;
}

interface FaultRow {
  words: RegExp;
  reason: string;
  advice: string;
}

const LIBRARIES_ADVICE = 'install the set of docs/cuda.md, and put its folders first on LD_LIBRARY_PATH';

/** The first that fits; `$1` is what the words tell. */
const ROWS: readonly FaultRow[] = [
  {
    words: /(libcuda\.so[.\d]*): cannot open/,
    reason: 'there is no NVIDIA driver ($1 is missing)',
    advice: 'install NVIDIA’s driver; on Colab choose a runtime with a GPU, and keep what LD_LIBRARY_PATH had',
  },
  {
    words: /(lib(?:cudnn|cublas|cudart|curand|cufft|nvrtc)\w*\.so[.\d]*): cannot open/,
    reason: 'a CUDA library is missing: $1',
    advice: LIBRARIES_ADVICE,
  },
  {
    words: /cudnn.*(?:not|un)(?:available| found|_?initialized|_?implemented)|NOT_IMPLEMENTED.*Conv/i,
    reason: 'cuDNN is missing, or of another CUDA version',
    advice: LIBRARIES_ADVICE,
  },
  {
    words: /driver version is insufficient/i,
    reason: 'NVIDIA’s driver is too old for this CUDA',
    advice: 'update the driver, or use the CUDA libraries of its version (docs/cuda.md)',
  },
  {
    words: /no CUDA-capable device|CUDA failure 100|cudaErrorNoDevice/i,
    reason: 'there is no NVIDIA GPU',
    advice: 'on Colab choose Runtime › Change runtime type › T4 GPU',
  },
  {
    words: /no kernel image|cudaErrorNoKernelImage/i,
    reason: 'this GPU is too old for onnxruntime’s CUDA build',
    advice: 'it must be of compute capability 7.5 (T4, RTX 20) or newer',
  },
  {
    words: /out of memory|failed to allocate/i,
    reason: 'the GPU’s memory is full',
    advice: 'end what else runs on it: nvidia-smi lists that',
  },
  {
    words: /No supported adapters|libvulkan/i,
    reason: 'WebGPU finds no adapter',
    advice: 'on Linux it needs Vulkan: install libvulkan1 and the driver of the GPU',
  },
];

/** @param words what was said when the device was tried */
export function explainFault(device: Device, words: string): DeviceFault {
  for (const { words: pattern, reason, advice } of ROWS) {
    const found = pattern.exec(words);
    if (found !== null) return { reason: reason.replace('$1', found[1] ?? ''), advice };
  }
  return { reason: firstLine(words), advice: `use --device cpu, and report this: ${device} should work` };
}

/** What comes behind it is a stack. */
function firstLine(words: string): string {
  const line = words.split('\n').find((each) => each.trim() !== '');
  return line?.trim() ?? 'it ended without a word';
}
