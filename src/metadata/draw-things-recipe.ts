/** A request of ours from the text of Draw Things, the app for macOS and iOS. */
import { toSchedulerName } from './a1111-samplers.js';
import { type Dialect, readDialect, type Texts, toSides } from './dialect.js';
import { parseLooseObject } from './loose-json.js';
import type { Recipe } from './recipe.js';

const DRAW_THINGS: Dialect = {
  ...{ writer: 'Draw Things', prompt: ['c'], negativePrompt: ['uc'], guidanceScale: 'scale', steps: 'steps' },
  ...{ model: ['model'], strength: 'strength', silent: ['v2', 'version'] },
  toScheduler(values) {
    const words = values.text('sampler') ?? '';
    return { scheduler: toSchedulerName(words, undefined), words };
  },
};

/** Adobe's XMP, whose exif:UserComment holds JSON. A strength of 1 is a picture from text. */
export function readDrawThings({ 'XML:com.adobe.xmp': xmp }: Texts): Recipe | undefined {
  const at = xmp?.indexOf('<exif:UserComment>') ?? -1;
  const item =
    at === -1
      ? undefined
      : xmp
          ?.slice(at)
          .split('<', 10)
          .find((part) => /^rdf:li[ >]/.test(part));
  const comment = item?.slice(item.indexOf('>') + 1);
  const json = parseLooseObject(comment && unescapeXml(comment));
  if (typeof json?.c !== 'string') return undefined;
  const { size, strength, ...rest } = json;
  return readDialect({ ...rest, ...toSides(size, 'size'), ...(Number(strength) < 1 && { strength }) }, DRAW_THINGS);
}

const ENTITIES: Record<string, string> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
  });
}
