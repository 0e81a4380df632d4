/** Between two noises: on the sphere, so that what comes out has the length of noise again (variation seeds). */

/** `share` 0 = `from`, 1 = `to`; straight where they are almost parallel. */
export function slerp(from: Float32Array, to: Float32Array, share: number): Float32Array {
  const [fromLength, toLength] = [lengthOf(from), lengthOf(to)];
  const cosine = from.reduce((sum, value, i) => sum + value * to[i], 0) / (fromLength * toLength);
  if (Math.abs(cosine) > 0.9995) return from.map((value, i) => value + share * (to[i] - value));
  const angle = Math.acos(cosine);
  const [a, b] = [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  return from.map((value, i) => a * value + b * to[i]);
}

function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
