/** Which device a model runs on. */

/** `auto` means the CPU until the CUDA work lands (README, Honest notes); any other name goes to onnxruntime as it is. */
export function resolveDevice(device: string): string {
  return device === 'auto' ? 'cpu' : device;
}
