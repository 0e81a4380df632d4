import { describe, expect, test } from 'vitest';
import { type MaskGreys, toMaskGreys } from '../../src/engine/mask-channel.js';

/** Of a row of pixels, each as its channels. */
function maskOf(pixels: number[][], Levels: typeof Uint8Array | typeof Uint16Array = Uint8Array): MaskGreys {
  const [{ length: channels }] = pixels;
  return toMaskGreys({ width: pixels.length, height: 1, channels, levels: Levels.from(pixels.flat()) });
}

function greysOf(pixels: number[][], Levels: typeof Uint8Array | typeof Uint16Array = Uint8Array): number[] {
  return [...maskOf(pixels, Levels).greys];
}

describe('the mask is', () => {
  test.each([
    ['the brightness of grey', [[0], [100], [255]], [0, 100, 255]],
    [
      'the brightness of colours, as PIL weighs them',
      [
        [255, 255, 255],
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ],
      [255, 76, 150, 29],
    ],
    [
      'the brightness where all is opaque',
      [
        [0, 0, 0, 255],
        [255, 255, 255, 255],
      ],
      [0, 255],
    ],
    [
      'the brightness where all is transparent',
      [
        [0, 0, 0, 0],
        [255, 255, 255, 0],
      ],
      [0, 255],
    ],
    [
      'the brightness where alpha is as good as opaque',
      [
        [0, 250],
        [255, 255],
        [0, 200],
      ],
      [0, 255, 0],
    ],
    [
      'alpha, over black',
      [
        [0, 0, 0, 0],
        [0, 0, 0, 255],
        [0, 0, 0, 90],
      ],
      [0, 255, 90],
    ],
    [
      'alpha, over white',
      [
        [255, 255, 255, 0],
        [255, 255, 255, 255],
      ],
      [0, 255],
    ],
    [
      'alpha, over a dark colour',
      [
        [200, 0, 0, 255],
        [200, 0, 0, 0],
      ],
      [255, 0],
    ],
    [
      'alpha, whatever hides below what is transparent',
      [
        [255, 255, 255, 0],
        [0, 0, 0, 255],
      ],
      [0, 255],
    ],
    [
      'alpha beside grey',
      [
        [0, 0],
        [0, 255],
      ],
      [0, 255],
    ],
    [
      'alpha of 0 and 1',
      [
        [0, 0],
        [0, 1],
      ],
      [0, 255],
    ],
    [
      'what is seen over black where both vary',
      [
        [255, 255],
        [255, 0],
        [0, 255],
        [0, 0],
      ],
      [255, 0, 0, 0],
    ],
    ['0 and 1', [[0], [1]], [0, 255]],
    ['0 and a label', [[3], [0]], [255, 0]],
    ['painted in dark grey', [[0], [20], [100]], [0, 51, 255]],
    ['nothing in the noise of a black picture', [[0], [2], [3]], [0, 2, 3]],
    ['nothing in one dark grey', [[100], [100]], [100, 100]],
    ['nothing in black', [[0], [0]], [0, 0]],
  ] as [string, number[][], number[]][])('%s', (_, pixels, greys) => {
    expect(greysOf(pixels)).toEqual(greys);
  });

  test.each([
    ['16 bits', [[0], [257], [65_535]], [0, 1, 255]],
    ['0 and 1 in 16 bits', [[0], [1]], [0, 255]],
    ['8 bits in 16', [[0], [128], [255]], [0, 128, 255]],
    [
      'alpha in 16 bits',
      [
        [0, 0],
        [0, 65_535],
      ],
      [0, 255],
    ],
  ] as [string, number[][], number[]][])('%s', (_, pixels, greys) => {
    expect(greysOf(pixels, Uint16Array)).toEqual(greys);
  });
});

test.each([
  [
    true,
    'both vary, each in its own way',
    [
      [255, 255],
      [255, 0],
      [0, 255],
      [0, 0],
    ],
  ],
  [
    false,
    'white is painted on nothing',
    [
      [255, 255],
      [0, 0],
    ],
  ],
  [
    false,
    'black is painted on nothing',
    [
      [0, 255],
      [0, 0],
    ],
  ],
  [
    false,
    'all is opaque',
    [
      [0, 255],
      [255, 255],
    ],
  ],
] as [boolean, string, number[][]][])('%s: mixed where %s', (isMixed, _, pixels) => {
  expect(maskOf(pixels).isMixed).toBe(isMixed);
});
