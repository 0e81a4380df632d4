/** IEEE 754 half precision ↔ float32, for fp16 graphs: onnxruntime-node takes and gives fp16 as Uint16Array on Node 22. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Rounds to nearest, ties to even, as torch's `.half()` does; overflow becomes infinity. */
function toHalfBits(value: number): number {
  float[0] = value;
  const word = bits[0];
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  // Below 2^-14 a half is subnormal: a multiple of 2^-24, which Math can round for us.
  if (magnitude < 0x38800000) return sign | roundTiesToEven(Math.abs(value) * 2 ** 24);
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | Math.min((rounded - 0x38000000) >>> 13, 0x7c00);
}

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function fromHalfBits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let halfToFloat: Float32Array | undefined;

export function toFloat16(values: ArrayLike<number>): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = toHalfBits(values[i]);
  return halves;
}

export function fromFloat16(halves: Uint16Array): Float32Array {
  halfToFloat ??= Float32Array.from({ length: 0x10000 }, (_, half) => fromHalfBits(half));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = halfToFloat[halves[i]];
  return values;
}
