/** Sizes in words: `2.1 GB`, `340 MB`, `12 kB`, in the powers of ten that the hub and disks are sold in. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function toSizeText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}
