/** colab/convert.py on tiny models: its graphs against torch's modules, its folders in our engine against torch's pictures. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../src/engine/generate.js';
import { readModelFolder } from '../../src/engine/model-folder.js';
import { loadPipeline } from '../../src/engine/pipeline.js';
import { resolveParams } from '../../src/engine/request.js';
import { GenerationParamsSchema } from '../../src/protocol/params.js';
import { comparePixels } from '../support/goldens.js';
import { hasPython, type PythonRun, preparePython, runPython } from '../support/python-env.js';

const MINUTE_MS = 60_000;
const usable = hasPython();
if (!usable)
  console.warn(
    'tests/colab/convert.test.ts is skipped: there is no python3 (3.10 or newer, with venv) here, or it is not wanted',
  );

/** What compare_graphs.py tells of a graph. */
interface GraphReport {
  differences: Record<string, number>;
  operators: Record<string, number>;
  weights: Record<string, number>;
}
type Report = Record<string, GraphReport>;

let python: string;
let dir: string;
const at = (name: string) => join(dir, name);
const convert = (...args: string[]): Promise<PythonRun> => runPython(python, ['colab/convert.py', ...args]);

interface Asked {
  params: Record<string, unknown>;
  loraWeight: number;
}
const readAsked = () => JSON.parse(readFileSync(at('asked.json'), 'utf8')) as Asked;

beforeAll(async () => {
  if (!usable) return;
  python = await preparePython();
  dir = await mkdtemp(join(tmpdir(), 'safelight-convert-'));
  const made = await runPython(python, ['tests/colab/tiny_models.py', dir]);
  if (made.code !== 0) throw new Error(made.stderr);
}, 10 * MINUTE_MS);
afterAll(async () => {
  if (usable) await rm(dir, { recursive: true, force: true });
});

/** All in one process: importing torch takes longer than converting a tiny model. */
async function convertMany(runs: Record<string, string[]>): Promise<Record<string, PythonRun>> {
  await writeFile(at('runs.json'), JSON.stringify(runs));
  const { code, stdout, stderr } = await runPython(python, ['tests/colab/convert_many.py', at('runs.json')]);
  if (code !== 0 || stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, PythonRun>;
}

async function compareAll(cases: { torch: string; converted: string; lora?: [string, number] }[]): Promise<Report[]> {
  const listed = cases.map(({ torch, converted, lora }) => ({
    torch: at(torch),
    converted: at(converted),
    lora: lora === undefined ? null : [at(lora[0]), lora[1]],
  }));
  await writeFile(at('cases.json'), JSON.stringify(listed));
  const { code, stdout, stderr } = await runPython(python, ['tests/colab/compare_graphs.py', at('cases.json')]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Report[];
}

function largestDifferences(report: Report): Record<string, number> {
  const largest = ({ differences }: GraphReport) => Math.max(...Object.values(differences));
  return Object.fromEntries(Object.entries(report).map(([part, graph]) => [part, largest(graph)]));
}

function expectWithin(report: Report, tolerance: number): void {
  for (const [part, difference] of Object.entries(largestDifferences(report))) {
    expect(difference, part).toBeLessThan(tolerance);
  }
}

/** The picture that our engine makes from a converted folder. */
async function makePicture(model: string): Promise<Uint8Array> {
  const pipeline = await loadPipeline(await readModelFolder(at(model)), { device: 'cpu' });
  try {
    const params = resolveParams(GenerationParamsSchema.parse(readAsked().params), pipeline.folder.summary);
    const options = { signal: new AbortController().signal, wantPreview: () => false };
    for await (const event of generate(pipeline, params, options)) {
      if (event.type === 'image') return event.picture.pixels;
    }
    throw new Error(`${model} made no picture`);
  } finally {
    await pipeline.release();
  }
}

/** @param file the picture that torch made */
async function compareWithTorch(model: string, file: string): Promise<{ mean: number; within3: number }> {
  const want = await sharp(at(file)).removeAlpha().raw().toBuffer();
  return comparePixels(await makePicture(model), want);
}

/** Every kind of input, dtype and option once, but for those that the command itself converts. */
function conversions(): Record<string, string[]> {
  const fp32 = ['--dtype', 'fp32'];
  const lora = `${at('lora.safetensors')}:${readAsked().loraWeight}`;
  return {
    sd32: [at('sd'), at('sd32'), ...fp32],
    xl32: [at('sdxl.safetensors'), at('xl32'), '--config', at('sdxl'), ...fp32],
    sdFused: [at('sd'), at('sdFused'), '--fuse'],
    xlFused: [at('sdxl'), at('xlFused'), '--fuse'],
    lora32: [at('sd.safetensors'), at('lora32'), '--config', at('sd'), '--lora', lora, ...fp32],
  };
}

/** What is wrong in a way that only the libraries find. */
function failures(): Record<string, string[]> {
  return {
    configs: [at('sd.safetensors'), at('new')],
    foreign: [at('sd'), at('new'), '--lora', at('flux-lora.safetensors')],
    size: [at('sdxl'), at('new'), '--lora', at('lora.safetensors')],
  };
}

describe.skipIf(!usable)('a converted model', () => {
  let command: PythonRun;
  let runs: Record<string, PythonRun>;
  let failed: Record<string, PythonRun>;
  let reports: Record<string, Report>;

  beforeAll(async () => {
    command = await convert(at('sdxl.safetensors'), at('xl16'), '--config', at('sdxl'));
    const { configs, foreign, size, ...converted } = await convertMany({ ...conversions(), ...failures() });
    failed = { configs, foreign, size };
    runs = converted;
    const unable = [command, ...Object.values(runs)].find(({ code }) => code !== 0);
    if (unable !== undefined) throw new Error(unable.stderr);
    const lora: [string, number] = ['lora.safetensors', readAsked().loraWeight];
    const [sd32, xl32, lora32, unmerged, xl16, sdFused, xlFused] = await compareAll([
      { torch: 'sd', converted: 'sd32' },
      { torch: 'sdxl', converted: 'xl32' },
      { torch: 'sd', converted: 'lora32', lora },
      { torch: 'sd', converted: 'lora32' },
      { torch: 'sdxl', converted: 'xl16' },
      { torch: 'sd', converted: 'sdFused' },
      { torch: 'sdxl', converted: 'xlFused' },
    ]);
    reports = { sd32, xl32, lora32, unmerged, xl16, sdFused, xlFused };
  }, 10 * MINUTE_MS);

  test('tells each step with its time, and nothing else', () => {
    const lines = command.stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => line.replace(/ … \d+\.\d s$/, ''))).toEqual([
      'import torch and diffusers',
      `load ${at('sdxl.safetensors')}`,
      'write configs and tokenizers',
      'export text_encoder',
      'export text_encoder_2',
      'export vae_decoder',
      'export vae_encoder',
      'export unet',
    ]);
    expect(lines.at(-1)).toBe(`made ${at('xl16')}`);
    expect(runs.lora32.stdout).toContain('merge lora.safetensors at 0.6 …');
    expect([command, ...Object.values(runs)].map(({ stderr }) => stderr).join('')).toBe('');
  });

  test('is a folder in the standard layout, with nothing left over beside it', () => {
    expect(readdirSync(at('xl32')).sort()).toEqual([
      'model_index.json',
      'safelight.json',
      'scheduler',
      'text_encoder',
      'text_encoder_2',
      'tokenizer',
      'tokenizer_2',
      'unet',
      'vae_decoder',
      'vae_encoder',
    ]);
    expect(readdirSync(at('xl32/unet')).sort()).toEqual(['config.json', 'model.onnx', 'model.onnx.data']);
    expect(statSync(at('xl32/unet/model.onnx.data')).mode & 0o777).toBe(0o644);
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test("has its name and licence from the checkpoint's header", () => {
    const read = (model: string) => JSON.parse(readFileSync(at(`${model}/safelight.json`), 'utf8')) as unknown;
    expect(read('lora32')).toEqual({ name: 'Tiny + lora', licence: 'MIT' });
    expect(read('sd32')).toEqual({ name: 'sd' });
  });

  test("keeps the scheduler's v-prediction and zero SNR, from the config or the checkpoint's marks", () => {
    const told = { prediction_type: 'v_prediction', rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
    for (const model of ['sd32', 'xl32']) {
      expect(JSON.parse(readFileSync(at(`${model}/scheduler/scheduler_config.json`), 'utf8'))).toMatchObject(told);
    }
  });

  test.each(['sd32', 'xl32', 'lora32'])("%s gives torch's numbers", (model) => {
    expectWithin(reports[model], 1e-5);
  });

  test.each([
    ['sd32', 'sd.png'],
    ['xl32', 'sdxl.png'],
    ['lora32', 'lora.png'],
  ])(
    "%s makes torch's picture in our engine",
    async (model, file) => {
      const { mean, within3 } = await compareWithTorch(model, file);
      expect(mean).toBeLessThanOrEqual(0.3);
      expect(within3).toBeGreaterThanOrEqual(0.999);
    },
    MINUTE_MS,
  );

  test('a LoRA changes UNet and text encoder', () => {
    const { unet, text_encoder, vae_decoder } = largestDifferences(reports.unmerged);
    expect(Math.min(unet, text_encoder)).toBeGreaterThan(0.1);
    expect(vae_decoder).toBeLessThan(1e-5);
  });

  test("fp16 has fp16 weights but for XL's VAE, which would overflow", () => {
    expectWithin(reports.xl16, 5e-3);
    for (const [part, { weights }] of Object.entries(reports.xl16)) {
      expect(Object.keys(weights), part).toEqual([part.startsWith('vae') ? 'FLOAT' : 'FLOAT16']);
    }
  });

  test(
    'fp16 makes nearly the same picture in our engine',
    async () => {
      const { mean } = await compareWithTorch('xl16', 'sdxl.png');
      expect(mean).toBeLessThanOrEqual(0.3);
    },
    MINUTE_MS,
  );

  test('fails in one line, and leaves nothing, where only the libraries find what is wrong', () => {
    expect(Object.values(failed).map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(failed.configs.stderr).toMatch(/^convert\.py: stable-diffusion-v1-5\S+ is not to be had.* --config .*\n$/);
    expect(failed.foreign.stderr).toBe('convert.py: flux-lora.safetensors has no weights for this kind of model\n');
    expect(failed.size.stderr).toMatch(/^convert\.py: merge lora\.safetensors at 1\.0: .*size mismatch for down_.*\n$/);
    expect(readdirSync(dir).filter((name) => name === 'new' || name.startsWith('.'))).toEqual([]);
  });

  describe.each(['sdFused', 'xlFused'])('%s', (model) => {
    test("computes torch's numbers, by the documentation of the fused operators", () => {
      expectWithin(reports[model], 5e-3);
    });

    test('has all attention, norms and convolutions of the UNet fused', () => {
      const { operators } = reports[model].unet;
      expect(operators).toMatchObject({
        MultiHeadAttention: 8,
        SkipLayerNormalization: 8,
        BiasSplitGelu: 4,
        BiasAdd: 4,
      });
      expect([operators.GroupNorm, operators.SkipGroupNorm]).toEqual([6, 15]);
      const plain = ['Conv', 'Softmax', 'InstanceNormalization', 'Erf'];
      expect(plain.filter((name) => name in operators)).toEqual([]);
    });

    test('has its VAE and text encoders fused, but not the attention of the VAE', () => {
      const { vae_decoder, vae_encoder, text_encoder } = reports[model];
      expect(vae_decoder.operators).toMatchObject({ NhwcConv: expect.any(Number), GroupNorm: expect.any(Number) });
      expect(vae_encoder.operators).toMatchObject({ NhwcConv: expect.any(Number), GroupNorm: expect.any(Number) });
      expect(vae_decoder.operators).not.toHaveProperty('Attention');
      expect(text_encoder.operators).toMatchObject({ SkipLayerNormalization: 6, QuickGelu: 3 });
    });

    test('has fp32 only where the operator wants it: scale and shift of group norms', () => {
      const { operators, weights } = reports[model].unet;
      expect(weights.FLOAT).toBe(2 * (operators.GroupNorm + operators.SkipGroupNorm));
    });
  });
});

/** What is wrong → arguments before OUT, and the line; told before torch is imported. */
const MISTAKES: Record<string, [string[], string]> = {
  'nothing there': [['$DIR/nothing'], 'there is no model $DIR/nothing'],
  'a folder of something else': [['$DIR'], '$DIR is no diffusers model: it has no model_index.json'],
  'another pipeline': [
    ['$DIR/flux'],
    'the pipeline FluxPipeline is not supported: Stable Diffusion 1.x, 2.x, XL and LCM are',
  ],
  'a picture': [['$DIR/sd.png'], '$DIR/sd.png is no model: a diffusers folder or a .safetensors file is needed'],
  'a checkpoint of something else': [
    ['$DIR/other.safetensors'],
    '$DIR/other.safetensors is no Stable Diffusion 1.x, 2.x or XL checkpoint',
  ],
  'a damaged checkpoint': [['$DIR/cut.safetensors'], '$DIR/cut.safetensors is damaged or incomplete: '],
  'a LoRA that is not there': [
    ['$DIR/sd', '--lora', '$DIR/no.safetensors:0.5'],
    'there is no LoRA $DIR/no.safetensors',
  ],
};
const inDir = (text: string) => text.replaceAll('$DIR', dir);

describe.skipIf(!usable)('what cannot be converted is told in one line', () => {
  beforeAll(() => writeFile(at('cut.safetensors'), readFileSync(at('sd.safetensors')).subarray(0, 1000)));

  test.each(Object.entries(MISTAKES))('%s', async (_, [args, words]) => {
    const { code, stderr } = await convert(...args.map(inDir), at('new'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(`convert.py: ${inDir(words)}`);
  });

  test('an output that exists', async () => {
    const { code, stderr } = await convert(at('sd'), at('sdxl'));
    expect([code, stderr]).toEqual([1, `convert.py: ${at('sdxl')} exists already; name a new folder\n`]);
  });

  test('fused fp32', async () => {
    const { code, stderr } = await convert(at('sd'), at('new'), '--fuse', '--dtype', 'fp32');
    expect(code).toBe(2);
    expect(stderr).toContain('--fuse makes fp16 graphs');
  });
});
