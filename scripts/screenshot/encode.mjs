/** SVG screens to files that GitHub and npm show: a still, or an animation that plays for ever. */
import sharp from 'sharp';

/** SVG's own pixels for an inch. */
const DPI = 72;
const STILL = { quality: 88, smartSubsample: true, effort: 6 };
const FILM = { quality: 70, smartSubsample: true, effort: 5, loop: 0, minSize: true };

export async function writeStill(svg, file, density) {
  await sharp(Buffer.from(svg), { density: DPI * density })
    .webp(STILL)
    .toFile(file);
}

/** @param shots `{svg, ms}`: each screen, and how long it stands */
export async function writeFilm(shots, file) {
  const frames = [];
  for (const { svg } of shots) frames.push(await sharp(Buffer.from(svg)).png({ compressionLevel: 1 }).toBuffer());
  await sharp(frames, { join: { animated: true } })
    .webp({ ...FILM, delay: shots.map(({ ms }) => ms) })
    .toFile(file);
}
