import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { readGivenPictures } from '../../src/engine/given-pictures.js';
import { type Mask, toMask } from '../../src/engine/mask.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';

const SIZE = { width: 256, height: 256 };
const picture = (name: string) => readFile(join(import.meta.dirname, '../support/pictures', name));
const flat = (level: number, { width, height } = SIZE) =>
  sharp({ create: { width, height, channels: 3, background: { r: level, g: level, b: level } } })
    .png()
    .toBuffer();

async function read(mask: Buffer | undefined, init?: Buffer) {
  const params = GenerationParamsSchema.parse({
    ...SIZE,
    prompt: 'a lake',
    initImage: (init ?? (await picture('plain.png'))).toString('base64'),
    maskImage: mask?.toString('base64'),
  });
  return readGivenPictures({ ...params, guidanceScale: 5, seed: 7 }, 8);
}

/** The share of pixels in which they differ; whole arrays in a failed comparison take minutes to print. */
function difference(a: Mask | undefined, b: Mask | undefined): number {
  if (a === undefined || b === undefined || a.values.length !== b.values.length) return 1;
  return a.values.filter((value, i) => value !== b.values[i]).length / a.values.length;
}

/** White at [x, y], of that size, on black. */
async function spot(x: number, y: number, side: number): Promise<Buffer> {
  const input = await flat(255, { width: side, height: side });
  return sharp(await flat(0))
    .composite([{ input, left: x, top: y }])
    .png()
    .toBuffer();
}

/** Four times as wide as high, white at the left end. */
async function edge(): Promise<Buffer> {
  const input = await flat(255, { width: 64, height: 256 });
  const wide = await flat(0, { width: 1024, height: 256 });
  return sharp(wide)
    .composite([{ input, left: 0, top: 0 }])
    .png()
    .toBuffer();
}

describe('masks', () => {
  test.each(['m-alpha.png', 'm-alpha-black.png'])('%s is the same mask as in grey', async (name) => {
    const grey = await read(await picture('m-l.png'));
    expect(grey.mask?.values.filter((value) => value === 1)).toHaveLength(Math.round(0.2822265625 * 256 * 256));
    const { mask, notes } = await read(await picture(name));
    expect([difference(mask, grey.mask), notes]).toEqual([0, []]);
    expect(grey.notes).toEqual([]);
  });

  test.each([
    ['values of 0 and 1', (image: Sharp) => image.linear(1 / 255, 0).png()],
    ['16 bits', (image: Sharp) => image.toColourspace('grey16').png()],
    ['a palette', (image: Sharp) => image.png({ palette: true, colours: 2 })],
    [
      'a palette with alpha',
      (image: Sharp) =>
        image
          .toColourspace('srgb')
          .joinChannel(Buffer.alloc(256 * 256, 255), { raw: { ...SIZE, channels: 1 } })
          .png({ palette: true }),
    ],
    ['CMYK', (image: Sharp) => image.toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 100 })],
  ])('%s: the same mask', async (_, change) => {
    const grey = await picture('m-l.png');
    const [{ mask }, want] = [await read(await change(sharp(grey)).toBuffer()), await read(grey)];
    expect(difference(mask, want.mask)).toBeLessThan(0.01); // JPEG moves the edge
  });

  test('another shape is cropped as an init picture is, and told', async () => {
    const { mask, notes } = await read(await picture('m-size.png'));
    const want = await sharp(await picture('m-size.png'))
      .resize({ ...SIZE, fit: 'cover', kernel: 'lanczos3' })
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    expect(difference(mask, toMask({ ...SIZE, greys: want }))).toBe(0);
    expect(notes).toEqual([
      'The mask (100×300) has another shape than the init picture (256×256): each was scaled and cropped to 256×256, so they may not lie over each other.',
    ]);
  });

  test('the same shape at another size is not worth a note', async () => {
    const half = await sharp(await picture('m-l.png'))
      .resize(101, 100)
      .png()
      .toBuffer();
    expect((await read(half)).notes).toEqual([]);
  });

  test('light and transparent areas that do not agree are told', async () => {
    const alpha = await sharp(await flat(0))
      .composite([{ input: await flat(255, { width: 256, height: 128 }), left: 0, top: 0 }])
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    const both = sharp(await picture('m-l.png'))
      .toColourspace('srgb')
      .joinChannel(alpha, { raw: { ...SIZE, channels: 1 } });
    expect((await read(await both.png().toBuffer())).notes).toEqual([
      expect.stringMatching(/^The mask has light and dark areas and transparent/),
    ]);
  });

  test('all white is img2img, told once', async () => {
    const { mask, notes, initPicture } = await read(await flat(255));
    expect([mask, notes.length]).toEqual([undefined, 1]);
    expect(notes[0]).toMatch(/mask is all white/);
    expect(initPicture?.pixels).toHaveLength(256 * 256 * 3);
  });

  test.each([
    ['all black', () => flat(0), /^maskImage: has no white in it/],
    ['almost black', () => flat(3), /^maskImage: has no white in it/],
    [
      'transparent and black',
      () =>
        sharp({ create: { ...SIZE, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
          .png()
          .toBuffer(),
      /^maskImage: has no white/,
    ],
    [
      'a spot between the latent pixels',
      () => spot(1, 1, 6),
      /^maskImage: has white areas smaller than 8×8 pixels only/,
    ],
    ['white that is cropped away', edge, /^maskImage: has no white left after it is cropped to 256×256/],
    ['a text', async () => Buffer.from('hello'), /^maskImage: is text/],
  ])('%s is refused', async (_, make, words) => {
    await expect(read(await make())).rejects.toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringMatching(words),
      issues: [{ path: 'maskImage' }],
    });
  });
});

test('no pictures, no mask', async () => {
  const params = GenerationParamsSchema.parse({ prompt: 'a lake' });
  const given = await readGivenPictures({ ...params, guidanceScale: 5, seed: 7 }, 8);
  expect(given).toEqual({ initPicture: undefined, mask: undefined, notes: [] });
});
