/**
 * fp16 graphs make the fp32 graphs' pictures. Tried by hand on Node 24.21 as well: mean difference 0.04 levels there, as on
 * Node 22; here its global Float16Array is put up for the engine to take away.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparePixels, GOLDENS, readGoldenPixels, readGoldens } from '../support/goldens.js';

test('within two levels of diffusers’ float32 picture', async () => {
  // What Node 24 brings; the engine must take it away before it loads onnxruntime.
  Reflect.set(globalThis, 'Float16Array', class Float16Array extends Uint16Array {});
  const { readModelFolder } = await import('../../src/engine/model-folder.js');
  const { loadPipeline } = await import('../../src/engine/pipeline.js');
  expect('Float16Array' in globalThis).toBe(false);
  const { generate } = await import('../../src/engine/generate.js');
  const { resolveParams } = await import('../../src/engine/request.js');
  const { GenerationParamsSchema } = await import('../../src/protocol/params.js');

  const pipeline = await loadPipeline(await readModelFolder(join(GOLDENS, 'fp16-tiny-sd')), { device: 'cpu' });
  const golden = readGoldens('tiny-sd').cases[0];
  const { prompt, width, height, steps, guidanceScale, seed } = golden;
  const asked = GenerationParamsSchema.parse({ prompt, width, height, steps, guidanceScale, seed });
  const params = resolveParams(asked, pipeline.folder.summary);
  try {
    const options = { signal: new AbortController().signal, wantPreview: () => true };
    const seen = new Set<string>();
    for await (const event of generate(pipeline, params, options)) {
      seen.add(event.type);
      if (event.type !== 'image') continue;
      const { mean } = comparePixels(event.picture.pixels, await readGoldenPixels('tiny-sd', golden.images[0]));
      expect(mean).toBeLessThan(2);
    }
    expect(seen).toEqual(new Set(['stage', 'progress', 'preview', 'image']));
  } finally {
    await pipeline.release();
  }
});
