import { describe, expect, test } from 'vitest';
import { toRecipe } from '../../../src/metadata/recipe.js';

const about = (words: string) => expect.arrayContaining([expect.stringContaining(words)]);

describe('ComfyUI', () => {
  const sampler = {
    class_type: 'KSampler',
    inputs: {
      ...{ seed: 965, steps: 20, cfg: 7, sampler_name: 'dpmpp_2m', scheduler: 'karras', denoise: 1 },
      ...{ model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['5', 0] },
    },
  };
  const text = (words: unknown) => ({ class_type: 'CLIPTextEncode', inputs: { text: words, clip: ['4', 1] } });
  const nodes = {
    '3': sampler,
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5.safetensors' } },
    '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
    '6': text('a lake'),
    '7': text('fog'),
    '9': { class_type: 'SaveImage', inputs: { images: ['8', 0] } },
  };
  const read = (changes: object) => toRecipe({ prompt: JSON.stringify({ ...nodes, ...changes }) });

  test('tells a plain graph', () => {
    const recipe = read({});
    expect(recipe).toMatchObject({ writer: 'ComfyUI', model: 'v1-5' });
    expect(recipe.params).toEqual({
      ...{ prompt: 'a lake', negativePrompt: 'fog', width: 512, height: 768 },
      ...{ steps: 20, guidanceScale: 7, seed: 965, scheduler: 'dpmpp_2m_karras' },
    });
    expect(recipe.unknown).toHaveLength(1);
  });

  test('follows links: a text of another node, a layer, loras', () => {
    const recipe = read({
      '4': { class_type: 'LoraLoader', inputs: { lora_name: 'inks', model: ['10', 0], clip: ['10', 1] } },
      '6': { class_type: 'CLIPTextEncode', inputs: { text: ['11', 0], clip: ['12', 0] } },
      '10': nodes['4'],
      '11': { class_type: 'PrimitiveString', inputs: { value: 'a hill' } },
      '12': { class_type: 'CLIPSetLastLayer', inputs: { stop_at_clip_layer: -2, clip: ['10', 1] } },
    });
    expect(recipe).toMatchObject({ model: 'v1-5', unknown: about('LoraLoader inks') });
    expect(recipe.params.prompt).toBe('a hill');
  });

  test('takes the layer of its text encoder', () => {
    const layer = { class_type: 'CLIPSetLastLayer', inputs: { stop_at_clip_layer: -2, clip: ['4', 1] } };
    expect(
      read({ '6': { ...text('a lake'), inputs: { text: 'a lake', clip: ['12', 0] } }, '12': layer }).params.clipSkip,
    ).toBe(2);
  });

  test('a batch, an unknown sampler, a start in the middle are named; another picture is needed', () => {
    const batch = read({ '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 4 } } });
    expect(batch.unknown).toEqual(about('batch'));
    const inputs = { ...sampler.inputs, sampler_name: 'dpm_fast', start_at_step: 3, end_at_step: 10 };
    const strange = read({ '3': { class_type: 'KSamplerAdvanced', inputs } });
    expect(strange.unknown).toEqual(about('dpm_fast karras'));
    expect(strange.unknown).toEqual(about('start_at_step: 3'));
    expect(strange.unknown).toEqual(about('end_at_step: 10'));
    const fromImage = read({ '5': { class_type: 'VAEEncode', inputs: {} } });
    expect(fromImage.initImage).toEqual({ sha256: undefined });
  });

  const link = (inputs: object) => ({
    '6': { class_type: 'CLIPTextEncode', inputs: { text: ['40', 0] } },
    '40': inputs,
  });

  test.each([
    ['a primitive', { class_type: 'PrimitiveStringMultiline', inputs: { value: 'a hill' } }, 'a hill'],
    ['a text node', { class_type: 'Text Multiline', inputs: { text: 'a hill' } }, 'a hill'],
    ['ShowText', { class_type: 'ShowText|pysssss', inputs: { text: 'a hill', text_0: 'old' } }, 'a hill'],
    ['a node of one string', { class_type: 'Any', inputs: { words: 'a hill' } }, 'a hill'],
    [
      'WAS',
      {
        class_type: 'Text Concatenate',
        inputs: { delimiter: ', ', clean_whitespace: 'true', text_b: ' b', text_a: 'a ' },
      },
      'a, b',
    ],
    ['KJ', { class_type: 'JoinStrings', inputs: { string1: 'a', string2: 'b', delimiter: ' ' } }, 'a b'],
    ['a and b', { class_type: 'JWStringConcat', inputs: { a: 'a ', b: 'b' } }, 'a b'],
    ['core', { class_type: 'StringConcatenate', inputs: { string_a: 'a', string_b: 'b', delimiter: '' } }, 'ab'],
    ['easy-use', { class_type: 'easy promptConcat', inputs: { prompt1: 'a', prompt2: 'b', separator: '\\n' } }, 'a\nb'],
    [
      'many',
      {
        class_type: 'JoinStringMulti',
        inputs: { string_10: 'c', string_2: 'b', string_1: 'a', inputcount: 3, delimiter: '-' },
      },
      'a-b-c',
    ],
  ])('the words of %s', (_, node, words) => {
    expect(read(link(node)).params.prompt).toBe(words);
  });

  test('words that cannot be followed are named by their node', () => {
    const recipe = read(link({ class_type: 'LLM Prompt', inputs: { a: 'x', b: 'y' } }));
    expect(recipe.params.prompt).toBeUndefined();
    expect(recipe.unknown).toEqual(about('LLM Prompt'));
  });

  test.each([
    ['ConditioningCombine', 'conditioning_1', 'conditioning_2'],
    ['ConditioningConcat', 'conditioning_to', 'conditioning_from'],
    ['ConditioningAverage', 'conditioning_to', 'conditioning_from'],
  ])('%s: its prompts are joined, which is named', (type, one, two) => {
    const joined = { class_type: type, inputs: { [one]: ['6', 0], [two]: ['41', 0] } };
    const recipe = read({
      '3': { ...sampler, inputs: { ...sampler.inputs, positive: ['40', 0] } },
      '40': joined,
      '41': text('a hill'),
    });
    expect(recipe.params.prompt).toBe('a lake, a hill');
    expect(recipe.unknown).toEqual(about(type));
  });

  test('two encoders: the same words once, others named', () => {
    const encode = (text_l: string) =>
      read({ '6': { class_type: 'CLIPTextEncodeSDXL', inputs: { text_g: 'a lake', text_l } } });
    expect(encode('a lake').unknown).toHaveLength(1);
    expect(encode('oil')).toMatchObject({ params: { prompt: 'a lake' }, unknown: about('oil') });
  });

  // ComfyUI_smZNodes, which Civitai's generator used
  test('an encoder with fields for both kinds of model takes those of its own', () => {
    const encode = (with_SDXL: boolean | undefined) => {
      const inputs = { text: 'a lake', parser: 'A1111', text_g: 'a hill', text_l: '', with_SDXL };
      return read({ '6': { class_type: 'smZ CLIPTextEncode', inputs } }).params.prompt;
    };
    expect([undefined, false, true].map(encode)).toEqual(['a lake', 'a lake', 'a hill']);
  });

  test('ControlNet passes both prompts on and is named', () => {
    const control = {
      class_type: 'ControlNetApplyAdvanced',
      inputs: { positive: ['6', 0], negative: ['7', 0], strength: 1 },
    };
    const inputs = { ...sampler.inputs, positive: ['40', 0], negative: ['40', 1] };
    const recipe = read({ '3': { ...sampler, inputs }, '40': control });
    expect(recipe.params).toMatchObject({ prompt: 'a lake', negativePrompt: 'fog' });
    expect(recipe.unknown).toEqual(about('ControlNetApplyAdvanced'));
  });

  test('ConditioningZeroOut is an empty negative prompt, not the positive one', () => {
    const recipe = read({ '7': { class_type: 'ConditioningZeroOut', inputs: { conditioning: ['6', 0] } } });
    expect(recipe).toMatchObject({ params: { prompt: 'a lake', negativePrompt: '' }, unknown: about('ZeroOut') });
  });

  test('numbers from other nodes, over reroutes', () => {
    const inputs = { ...sampler.inputs, seed: ['40', 0], steps: ['41', 0], cfg: ['42', 0] };
    const recipe = read({
      '3': { ...sampler, inputs },
      '5': { class_type: 'EmptyLatentImage', inputs: { width: ['43', 0], height: 512, batch_size: 1 } },
      '40': { class_type: 'Seed (rgthree)', inputs: { seed: '18446744073709551615' } },
      '41': { class_type: 'Reroute', inputs: { '': ['44', 0] } },
      '42': { class_type: 'FloatConstant', inputs: { value: 3.5 } },
      '43': { class_type: 'PrimitiveNode', inputs: { width: 640 } },
      '44': { class_type: 'INTConstant', inputs: { value: 12 } },
    });
    expect(recipe.params).toMatchObject({
      seed: 4_294_967_295,
      steps: 12,
      guidanceScale: 3.5,
      width: 640,
      height: 512,
    });
    expect(recipe.initImage).toBeUndefined();
  });

  test('a number that cannot be followed is named by its node', () => {
    const inputs = { ...sampler.inputs, seed: ['40', 0] };
    const recipe = read({
      '3': { ...sampler, inputs },
      '40': { class_type: 'Any Switch', inputs: { a: ['4', 0], b: ['5', 0] } },
    });
    expect(recipe.params.seed).toBeUndefined();
    expect(recipe.unknown).toEqual(about('seed: it comes from Any Switch'));
  });

  test('seeds beyond 2^53 keep their digits', () => {
    const prompt = JSON.stringify({ ...nodes, '3': sampler }).replace('"seed":965', '"seed":9007199254740993');
    expect(toRecipe({ prompt }).params.seed).toBe(1);
  });

  test('SamplerCustomAdvanced is gathered from its pieces', () => {
    const recipe = read({
      '3': {
        class_type: 'SamplerCustomAdvanced',
        inputs: { noise: ['20', 0], guider: ['21', 0], sampler: ['22', 0], sigmas: ['23', 0], latent_image: ['5', 0] },
      },
      '20': { class_type: 'RandomNoise', inputs: { noise_seed: 5 } },
      '21': { class_type: 'CFGGuider', inputs: { cfg: 4, model: ['4', 0], positive: ['6', 0], negative: ['7', 0] } },
      '22': { class_type: 'KSamplerSelect', inputs: { sampler_name: 'euler' } },
      '23': { class_type: 'BasicScheduler', inputs: { scheduler: 'karras', steps: 9, denoise: 1, model: ['4', 0] } },
    });
    expect(recipe.params).toEqual({
      ...{ prompt: 'a lake', negativePrompt: 'fog', width: 512, height: 768, seed: 5, steps: 9 },
      ...{ guidanceScale: 4, scheduler: 'euler_karras' },
    });
    expect(recipe.model).toBe('v1-5');
  });

  test('SamplerCustom, and a guider without guidance', () => {
    const pieces = {
      '22': { class_type: 'KSamplerSelect', inputs: { sampler_name: 'dpmpp_2m' } },
      '23': { class_type: 'KarrasScheduler', inputs: { steps: 9, sigma_max: 14.6, sigma_min: 0.03, rho: 7 } },
    };
    const inputs = {
      ...sampler.inputs,
      seed: undefined,
      noise_seed: 5,
      steps: undefined,
      sampler: ['22', 0],
      sigmas: ['23', 0],
    };
    const custom = read({
      ...pieces,
      '3': { class_type: 'SamplerCustom', inputs: { ...inputs, sampler_name: undefined, scheduler: undefined } },
    });
    expect(custom.params).toMatchObject({ seed: 5, steps: 9, guidanceScale: 7, scheduler: 'dpmpp_2m_karras' });
    const basic = read({
      ...pieces,
      '3': {
        class_type: 'SamplerCustomAdvanced',
        inputs: { guider: ['21', 0], sampler: ['22', 0], sigmas: ['23', 0], latent_image: ['5', 0] },
      },
      '21': { class_type: 'BasicGuider', inputs: { model: ['4', 0], conditioning: ['6', 0] } },
    });
    expect(basic.params).toMatchObject({ guidanceScale: 1, prompt: 'a lake' });
    expect(basic.unknown).toEqual(about('the seed'));
  });

  test.each([
    ['dpmpp_sde', 'karras'],
    ['euler', 'sgm_uniform'],
    ['euler', 'exponential'],
    ['dpmpp_2m', 'simple'],
    ['euler_ancestral', 'karras'],
    ['toString', 'normal'],
  ])('%s %s is not taken over and named', (sampler_name, scheduler) => {
    const recipe = read({ '3': { ...sampler, inputs: { ...sampler.inputs, sampler_name, scheduler } } });
    expect(recipe.params.scheduler).toBeUndefined();
    expect(recipe.unknown).toEqual(about(`${sampler_name} ${scheduler}`));
  });

  test.each([
    // ComfyUI_Comfyroll_CustomNodes, nodes_aspect_ratio.py
    ['CR SD1.5 Aspect Ratio', { width: 1, height: 1, aspect_ratio: '2:3 portrait 512x768' }, [512, 768]],
    ['CR SD1.5 Aspect Ratio', { aspect_ratio: '2:3 portrait 512x768', swap_dimensions: 'On' }, [768, 512]],
    ['CR Aspect Ratio', { width: 512, height: 768, aspect_ratio: 'custom', prescale_factor: 2 }, [1024, 1536]],
    ['CR Aspect Ratio', { width: 512, height: 768, aspect_ratio: 'custom', swap_dimensions: 'On' }, [768, 512]],
    ['CR Aspect Ratio', { width: 1, height: 1, aspect_ratio: 'SD1.5 - 16:9 cinema 910x512' }, [910, 512]],
    // rgthree-comfy and ComfyUI-Easy-Use
    ['SDXL Empty Latent Image (rgthree)', { dimensions: ' 832 x 1216  (portrait)', batch_size: 1 }, [832, 1216]],
    ['easy fullLoader', { resolution: '1024 x 1024', empty_latent_width: 512, empty_latent_height: 512 }, [1024, 1024]],
    [
      'easy fullLoader',
      { resolution: 'width x height (custom)', empty_latent_width: 512, empty_latent_height: 640 },
      [512, 640],
    ],
    ['Odd Ratio', { width: 1, height: 1, aspect_ratio: '16:9' }, [undefined, undefined]],
  ])('the sides of %s %o', (class_type, inputs, [width, height]) => {
    const { params, unknown } = read({ '5': { class_type, inputs } });
    expect([params.width, params.height]).toEqual([width, height]);
    if (width === undefined) expect(unknown).toEqual(about('width: it comes from Odd Ratio 16:9'));
    if ('aspect_ratio' in inputs) {
      const latent = { class_type: 'EmptyLatentImage', inputs: { width: ['40', 0], height: ['40', 1], batch_size: 1 } };
      const linked = read({ '5': latent, '40': { class_type, inputs } }).params;
      expect([linked.width, linked.height]).toEqual([width, height]);
    }
  });

  describe('pipes, which carry model, prompts and latent together', () => {
    const settings = { seed: 7, steps: 9, cfg: 4, sampler_name: 'euler', scheduler: 'karras', denoise: 1 };
    const ours = {
      ...{ prompt: 'a hill', negativePrompt: 'rain', width: 1024, height: 1024, seed: 7, steps: 9, guidanceScale: 4 },
      ...{ scheduler: 'euler_karras', clipSkip: 2 },
    };
    const loader = {
      class_type: 'easy fullLoader',
      inputs: {
        ...{ ckpt_name: 'XL\\tiny.safetensors', clip_skip: -2, lora_name: 'None', resolution: '1024 x 1024' },
        ...{ empty_latent_width: 512, empty_latent_height: 512, positive: 'a hill', negative: 'rain', batch_size: 1 },
      },
    };
    const graph = (changes: object) => toRecipe({ prompt: JSON.stringify(changes) });
    const save = { class_type: 'SaveImage', inputs: { images: ['8', 0] } };

    test('ComfyUI-Easy-Use, whose settings lie in the sampler or before it', () => {
      const full = graph({
        '1': loader,
        '8': { class_type: 'easy fullkSampler', inputs: { ...settings, pipe: ['1', 0], image_output: 'Preview' } },
        '9': save,
      });
      expect(full).toMatchObject({ model: 'tiny', params: ours });
      const before = graph({
        '1': loader,
        '2': { class_type: 'easy preSampling', inputs: { ...settings, pipe: ['1', 0] } },
        '8': { class_type: 'easy kSampler', inputs: { pipe: ['2', 0], image_output: 'Preview' } },
        '9': save,
      });
      expect(before).toMatchObject({ model: 'tiny', params: ours });
    });

    test('a lora of the loader is named', () => {
      const withLora = { ...loader, inputs: { ...loader.inputs, lora_name: 'inks.safetensors' } };
      const sampled = { class_type: 'easy fullkSampler', inputs: { ...settings, pipe: ['1', 0] } };
      expect(graph({ '1': withLora, '8': sampled, '9': save }).unknown).toEqual(
        about('easy fullLoader inks.safetensors'),
      );
      expect(graph({ '1': loader, '8': sampled, '9': save }).unknown).not.toEqual(about('easy fullLoader'));
    });

    test.each([
      ['ToBasicPipe', { basic_pipe: ['2', 0] }, ''],
      ['Pack SDXL Tuple', { sdxl_tuple: ['2', 0] }, 'base_'],
    ])('%s', (class_type, link, prefix) => {
      const pipe = Object.fromEntries(
        [
          ['model', ['4', 0]],
          ['clip', ['4', 1]],
          ['positive', ['6', 0]],
          ['negative', ['7', 0]],
        ].map(([key, value]) => [`${prefix}${key}`, value]),
      );
      const sampled = { ...settings, ...link, latent_image: ['5', 0] };
      const recipe = read({ '2': { class_type, inputs: pipe }, '3': { class_type: 'A sampler', inputs: sampled } });
      expect(recipe).toMatchObject({ model: 'v1-5', params: { prompt: 'a lake', negativePrompt: 'fog', steps: 9 } });
      expect(recipe.unknown).not.toEqual(about(class_type));
    });

    test('Impact-Pack, unpacked before the sampler', () => {
      const inputs = { ...sampler.inputs, model: ['20', 0], positive: ['20', 3], negative: ['20', 4] };
      const recipe = read({
        '3': { ...sampler, inputs },
        '20': { class_type: 'FromBasicPipe', inputs: { basic_pipe: ['21', 0] } },
        '21': {
          class_type: 'ToBasicPipe',
          inputs: { model: ['4', 0], clip: ['4', 1], positive: ['6', 0], negative: ['7', 0] },
        },
      });
      expect(recipe).toMatchObject({ model: 'v1-5', params: { prompt: 'a lake', negativePrompt: 'fog' } });
      expect(recipe.unknown).toHaveLength(1);
    });
  });

  test('the loras of rgthree’s loader are named, but those that are off', () => {
    const inputs = {
      ...{ PowerLoraLoaderHeaderWidget: { type: 'PowerLoraLoaderHeaderWidget' }, model: ['10', 0], clip: ['10', 1] },
      ...{
        lora_1: { on: true, lora: 'inks.safetensors', strength: 0.5 },
        lora_2: { on: false, lora: 'oils', strength: 1 },
      },
    };
    const recipe = read({ '4': { class_type: 'Power Lora Loader (rgthree)', inputs }, '10': nodes['4'] });
    expect(recipe).toMatchObject({ model: 'v1-5', unknown: about('Power Lora Loader (rgthree) inks.safetensors') });
    expect(recipe.unknown).not.toEqual(about('oils'));
  });

  test('a seed of -1 stands for one that was drawn (rgthree)', () => {
    const inputs = { ...sampler.inputs, seed: ['40', 0] };
    const recipe = read({ '3': { ...sampler, inputs }, '40': { class_type: 'Seed (rgthree)', inputs: { seed: -1 } } });
    expect(recipe.params.seed).toBeUndefined();
    expect(recipe.unknown).toEqual(about('the seed: -1 stands for one that was drawn'));
  });

  test('the words that a wildcard became, not the wildcard (Impact-Pack)', () => {
    const inputs = {
      ...{ wildcard_text: 'a __place__', populated_text: 'a hill', mode: 'populate', seed: 3 },
      ...{ 'Select to add LoRA': 'Select the LoRA to add to the text', model: ['4', 0], clip: ['4', 1] },
    };
    expect(read({ '6': { class_type: 'ImpactWildcardEncode', inputs } }).params.prompt).toBe('a hill');
  });

  // comfy_extras/nodes_custom_sampler.py
  const custom = (pieces: object) =>
    read({
      '3': {
        class_type: 'SamplerCustomAdvanced',
        inputs: { noise: ['20', 0], guider: ['21', 0], sampler: ['22', 0], sigmas: ['23', 0], latent_image: ['5', 0] },
      },
      '20': { class_type: 'RandomNoise', inputs: { noise_seed: 5 } },
      '21': { class_type: 'CFGGuider', inputs: { cfg: 4, model: ['4', 0], positive: ['6', 0], negative: ['7', 0] } },
      '22': { class_type: 'KSamplerSelect', inputs: { sampler_name: 'euler' } },
      '23': { class_type: 'BasicScheduler', inputs: { scheduler: 'karras', steps: 9, denoise: 1, model: ['4', 0] } },
      ...pieces,
    });

  test.each([
    ['SamplerEulerAncestral', { eta: 1, s_noise: 1 }, 'normal', 'euler_a', 'how its sampler'],
    ['SamplerEulerAncestral', { eta: 0.5, s_noise: 1 }, 'normal', 'euler_a', 'eta of SamplerEulerAncestral: 0.5'],
    ['SamplerLMS', { order: 4 }, 'normal', 'lms', 'how its sampler'],
    [
      'SamplerDPMPP_2M_SDE',
      { solver_type: 'midpoint', eta: 1, s_noise: 1, noise_device: 'gpu' },
      'karras',
      'dpmpp_2m_sde_karras',
      'GPU’s generator',
    ],
    ['SamplerDPMPP_2M_SDE', { solver_type: 'heun', noise_device: 'cpu' }, 'karras', 'dpmpp_2m_sde_karras', '"heun"'],
    ['SamplerDPMPP_SDE', { eta: 1, noise_device: 'cpu' }, 'karras', undefined, 'the sampler SamplerDPMPP_SDE karras'],
  ])('a sampler that is a node: %s %o', (class_type, inputs, schedule, scheduler, words) => {
    const basic = { class_type: 'BasicScheduler', inputs: { scheduler: schedule, steps: 9, denoise: 1 } };
    const recipe = custom({ '22': { class_type, inputs }, '23': basic });
    expect(recipe.params.scheduler).toBe(scheduler);
    expect(recipe.unknown).toEqual(about(words));
  });

  test('what cuts or turns its steps is named, and the steps are found behind it', () => {
    const recipe = custom({
      '23': { class_type: 'SplitSigmas', inputs: { sigmas: ['24', 0], step: 4 } },
      '24': { class_type: 'FlipSigmas', inputs: { sigmas: ['25', 0] } },
      '25': { class_type: 'KarrasScheduler', inputs: { steps: 9, sigma_max: 14.614642, sigma_min: 0.0291675, rho: 7 } },
    });
    expect(recipe.params).toMatchObject({ steps: 9, scheduler: 'euler_karras' });
    expect(recipe.unknown).toEqual(about('what SplitSigmas does to the steps'));
    expect(recipe.unknown).toEqual(about('what FlipSigmas does to the steps'));
    const ring = { class_type: 'SplitSigmas', inputs: { sigmas: ['23', 0], step: 4 } };
    expect(custom({ '23': ring }).unknown).toEqual(about('the sampler euler SplitSigmas'));
  });

  test.each([
    'ExponentialScheduler',
    'BetaSamplingScheduler',
    'SDTurboScheduler',
    'ManualSigmas',
    'AlignYourStepsScheduler',
  ])('%s is not taken for the plain one', (class_type) => {
    const recipe = custom({ '23': { class_type, inputs: { steps: 9 } } });
    expect(recipe.params.scheduler).toBeUndefined();
    expect(recipe.unknown).toEqual(about('the sampler euler '));
  });

  test.each(['disable', false])('add_noise: %s is named', (add_noise) => {
    const inputs = { ...sampler.inputs, add_noise };
    expect(read({ '3': { class_type: 'KSamplerAdvanced', inputs } }).unknown).toEqual(about('add_noise'));
    const usual = { ...sampler.inputs, add_noise: 'enable' };
    expect(read({ '3': { class_type: 'KSamplerAdvanced', inputs: usual } }).unknown).not.toEqual(about('add_noise'));
  });

  // ComfyUI-Inspire-Pack, a1111_compat.py
  test('a first noise of a GPU, and a variation, are named', () => {
    const inspire = { batch_seed_mode: 'incremental', variation_seed: 5, variation_strength: 0 };
    const readInspire = (changes: object) =>
      read({
        '3': {
          class_type: 'KSampler //Inspire',
          inputs: { ...sampler.inputs, ...inspire, noise_mode: 'CPU', ...changes },
        },
      });
    expect(readInspire({})).toMatchObject({ params: { seed: 965, scheduler: 'dpmpp_2m_karras' } });
    expect(readInspire({}).unknown).toHaveLength(1);
    expect(readInspire({ noise_mode: 'GPU(=A1111)' }).unknown).toEqual(about('GPU’s generator'));
    expect(readInspire({ variation_strength: 0.2 }).unknown).toEqual(about('its variation: seed 5, strength 0.2'));
    expect(readInspire({ scheduler: 'AYS SD1' }).unknown).toEqual(about('the sampler dpmpp_2m AYS SD1'));
  });

  test('a graph that names no sampler says so', () => {
    const inputs = { ...sampler.inputs, sampler_name: undefined };
    expect(read({ '3': { class_type: 'KSampler', inputs } }).unknown).toEqual(
      about('the sampler: it cannot be followed'),
    );
  });

  // comfy/samplers.py, KSampler: steps / denoise in all, of which the last `steps` are taken
  test('all steps of a start picture are taken there, a share of them here', () => {
    const fromImage = { '5': { class_type: 'VAEEncode', inputs: { pixels: ['53', 0], vae: ['4', 2] } } };
    const read50 = (inputs: object) =>
      read({ ...fromImage, '3': { ...sampler, inputs: { ...sampler.inputs, ...inputs } } }).unknown;
    expect(read50({ denoise: 0.5 })).toEqual(about('ComfyUI takes all 20 at denoise 0.5'));
    expect(read50({ denoise: 1 })).not.toEqual(about('takes all'));
    expect(read50({ start_at_step: 10 })).not.toEqual(about('takes all'));
  });

  const second = (latent: string) => ({
    ...sampler,
    inputs: { ...sampler.inputs, latent_image: [latent, 0], denoise: 0.5, steps: 14 },
  });
  const saved = { '8': { class_type: 'VAEDecode', inputs: { samples: ['31', 0], vae: ['4', 2] } } };

  test('a second pass over an enlarged latent is a hires pass', () => {
    const upscale = {
      class_type: 'LatentUpscaleBy',
      inputs: { samples: ['3', 0], upscale_method: 'nearest', scale_by: 1.5 },
    };
    const recipe = read({ ...saved, '30': upscale, '31': second('30') });
    expect(recipe.params).toMatchObject({ width: 512, height: 768, steps: 20, hiresScale: 1.5, hiresStrength: 0.5 });
    expect(recipe.unknown).toEqual(about('LatentUpscaleBy'));
    expect(recipe.unknown).toEqual(about('steps of its second pass: 14'));
    const bySize = { class_type: 'LatentUpscale', inputs: { samples: ['3', 0], width: 1024, height: 1536 } };
    expect(read({ ...saved, '30': bySize, '31': second('30') }).params.hiresScale).toBe(2);
  });

  test('two samplers beside one another are refused, one that nobody saves is not there', () => {
    const other = { class_type: 'SaveImage', inputs: { images: ['33', 0] } };
    const decode = { class_type: 'VAEDecode', inputs: { samples: ['32', 0] } };
    const single = { '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0] } } };
    expect(() => read({ ...single, '32': sampler, '33': decode, '34': other })).toThrow('2 samplers');
    expect(read({ ...single, '32': sampler }).params.prompt).toBe('a lake');
    expect(() => read({ '3': { class_type: 'Odd', inputs: {} } })).toThrow('no sampler');
  });

  test('what is done to the picture afterwards, and a mask', () => {
    const upscale = { class_type: 'ImageUpscaleWithModel', inputs: { image: ['8', 0], upscale_model: ['50', 0] } };
    const decode = { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } };
    const recipe = read({
      '8': decode,
      '9': { class_type: 'SaveImage', inputs: { images: ['51', 0] } },
      '51': upscale,
    });
    expect(recipe.unknown).toEqual(about('what ImageUpscaleWithModel does to the picture'));
    const masked = read({
      '5': { class_type: 'SetLatentNoiseMask', inputs: { samples: ['52', 0], mask: ['53', 0] } },
      '52': { class_type: 'VAEEncode', inputs: { pixels: ['53', 0], vae: ['4', 2] } },
    });
    expect([masked.initImage, masked.maskImage]).toEqual([{ sha256: undefined }, { sha256: undefined }]);
  });

  test('rings and endless fans end', () => {
    const ring = { class_type: 'ConditioningSetArea', inputs: { conditioning: ['6', 0] } };
    expect(read({ '6': ring }).params.prompt).toBeUndefined();
    const fan = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `f${at}`,
        { class_type: 'Text Concatenate', inputs: { text_a: [`f${at + 1}`, 0], text_b: [`f${at + 1}`, 0] } },
      ]),
    );
    expect(read({ '6': text(['f0', 0]), ...fan }).unknown).toEqual(about('too large'));
    const latents = {
      '5': { class_type: 'Reroute', inputs: { '': ['54', 0] } },
      '54': { class_type: 'Reroute', inputs: { '': ['5', 0] } },
    };
    expect(read(latents).writer).toBe('ComfyUI');
  });

  test('a chain of ten thousand nodes ends', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, at) => [
        `f${at}`,
        { class_type: 'Reroute', inputs: { text: [`f${at + 1}`, 0] } },
      ]),
    );
    expect(read({ '6': text(['f0', 0]), ...chain }).params.prompt).toBeUndefined();
  });

  test('Infinity is read, and odd words stay in strings', () => {
    const prompt = JSON.stringify({ ...nodes, '6': text('NaN "Infinity" \\') });
    const odd = prompt.replace('"inputs":', '"is_changed":[NaN,-Infinity,Infinity],"inputs":');
    expect(toRecipe({ prompt: odd }).params.prompt).toBe('NaN "Infinity" \\');
  });

  test('a workflow alone is named', () => {
    expect(() => toRecipe({ workflow: '{"nodes":[],"links":[]}' })).toThrow('workflow only');
  });
});
