/** Pure functions on tensors. */
import type { TensorData } from './session.js';

/** Joins two tensors along `axis`; their other sides are equal. */
export function concatAxis(first: TensorData, second: TensorData, axis: number): TensorData {
  const dims = first.dims.map((side, i) => (i === axis ? side + second.dims[i] : side));
  const data = new Float32Array(first.data.length + second.data.length);
  const outer = first.dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const [firstRun, secondRun] = [first.data.length / outer, second.data.length / outer];
  for (let i = 0; i < outer; i++) {
    const at = i * (firstRun + secondRun);
    data.set(first.data.slice(i * firstRun, (i + 1) * firstRun), at);
    data.set(second.data.slice(i * secondRun, (i + 1) * secondRun), at + firstRun);
  }
  return { data, dims };
}

export function zerosLike({ data, dims }: TensorData): TensorData {
  return { data: new Float32Array(data.length), dims };
}
