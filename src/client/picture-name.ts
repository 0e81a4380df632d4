/** Names of picture files: from the template of `--name` to a name that every file system takes. */
import { SafelightError } from '../protocol/errors.js';
import { IMAGE_FORMATS, PARAM_LIMITS } from '../protocol/params.js';

export const DEFAULT_NAME = 'output_{date}-{time}_{seed}';

/** What a name can be filled from. */
interface Naming {
  seed: number;
  n: number;
}

/** Of ext4, APFS, NTFS and nearly all others; in bytes of UTF-8, which is the strictest way to count. */
const MAX_NAME_BYTES = 255;
/** Of a name that is taken, a number; of the longest ending. */
const LONGEST_TAIL = `-9999.${IMAGE_FORMATS.toSorted((a, b) => b.length - a.length)[0]}`;
const LONGEST: Naming = { seed: PARAM_LIMITS.seed.max, n: PARAM_LIMITS.count.max };

/** Only letters that every file system takes are left. @param template `{date}` `{time}` `{seed}` `{n}` are filled in */
export function fillName(template: string, { seed, n }: Naming, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const values: Record<string, string> = {
    date: `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`,
    time: `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
    seed: String(seed),
    n: String(n),
  };
  const filled = template.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  return filled.replace(/[^\p{L}\p{N}._{}()+=,@ -]/gu, '_').replace(/^(\.+|\s*$)/, '_');
}

/** Bytes of the longest file name that the template makes. */
export function longestNameBytes(template: string): number {
  return Buffer.byteLength(fillName(template, LONGEST, new Date()) + LONGEST_TAIL);
}

/** @throws SafelightError INVALID_PARAMS, about `name` */
export function checkName(template: string): void {
  const message = findFault(template);
  if (message !== undefined)
    throw new SafelightError('INVALID_PARAMS', `name: ${message}`, { issues: [{ path: 'name', message }] });
}

function findFault(template: string): string | undefined {
  if (template.trim() === '') return `is empty: leave it out for ${DEFAULT_NAME}`;
  if (/[/\\]/.test(template)) return 'must be a file name without / and \\; choose the folder with --output-dir';
  const excess = longestNameBytes(template) - MAX_NAME_BYTES;
  return excess > 0 ? `is too long for a file name: shorten it by ${excess} bytes` : undefined;
}
