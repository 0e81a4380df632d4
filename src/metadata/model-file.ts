/** A model as other programs name it: a file in folders of either system. */

const ENDING = /\.(safetensors|ckpt|pt|pth|bin|gguf|onnx|sft)$/i;

/** `SD1.5\tiny.v1.safetensors` → `tiny.v1`. */
export function toFileName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(ENDING, '');
}
