/** What the server calls itself: `safelight/<version>`. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Works from src/ and from dist/: both lie one folder under the package. */
export function readServerName(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { name, version } = z.object({ name: z.string(), version: z.string() }).parse(JSON.parse(text));
  return `${name}/${version}`;
}
