/** The texts in an EXIF block, by the keywords that PNG files have for the same texts. */
import { readUserComment } from './exif-comment.js';
import { readExifTags } from './exif-tags.js';

const IMAGE_DESCRIPTION = 0x010e;
const SOFTWARE = 0x0131;
const USER_COMMENT = 0x9286;
/** ComfyUI's: `prompt:{…}` in Model, `workflow:{…}` in Make; its extensions use other tags and capitals. */
const LABELLED = /^(prompt|workflow|parameters)\s*:\s*/i;

/** What is damaged is passed over. */
export function readExifTexts(exif: Buffer): Record<string, string> {
  const { image, photo } = readExifTags(exif);
  const texts: Record<string, string> = {};
  let room = exif.length; // hostile values lie over each other: together they would be gigabytes
  for (const [tag, value] of image) {
    room -= value.length;
    if (room < 0) break;
    const text = tag === USER_COMMENT ? '' : toText(value);
    const label = LABELLED.exec(text);
    if (label !== null) texts[label[1].toLowerCase()] = text.slice(label[0].length);
    if (tag === IMAGE_DESCRIPTION && label === null) texts[text.startsWith('{') ? 'safelight' : 'parameters'] = text;
    if (tag === SOFTWARE) texts.Software = text;
  }
  // Pillow puts what it is given into the first directory, whatever the tag: so do Fooocus' files.
  const comment = photo.get(USER_COMMENT) ?? image.get(USER_COMMENT);
  if (comment !== undefined) texts.parameters = readUserComment(comment);
  return texts;
}

function toText(value: Buffer): string {
  return value.toString('utf8').replace(/\0+$/, '');
}
