/** How a picture was made, from the texts in its file: ours, AUTOMATIC1111's, ComfyUI's or another program's. */
import { SafelightError } from '../protocol/errors.js';
import { readA1111Recipe } from './a1111-recipe.js';
import { readComfyRecipe } from './comfy/comfy-recipe.js';
import { readDrawThings } from './draw-things-recipe.js';
import { readInvoke } from './invoke-recipe.js';
import { JobRecordSchema } from './job-record.js';
import { parseLooseJson, parseLooseObject } from './loose-json.js';
import { readNovelAi } from './novelai-recipe.js';
import { readEasyDiffusion, readFooocus, readSwarm } from './other-recipes.js';

export interface Recipe {
  writer:
    | 'safelight'
    | 'AUTOMATIC1111'
    | 'ComfyUI'
    | 'SwarmUI'
    | 'InvokeAI'
    | 'NovelAI'
    | 'Fooocus'
    | 'RuinedFooocus'
    | 'Easy Diffusion'
    | 'Draw Things';
  /** A request as it stands in the file: of the right types, but not checked against our ranges; without input pictures and file format. */
  params: Record<string, unknown>;
  /** Id or name of the model. */
  model: string | undefined;
  /** The pictures it was made from, with their SHA-256 where the file has it. */
  initImage?: { sha256: string | undefined };
  maskImage?: { sha256: string | undefined };
  /** What the picture may depend on and the file does not say, or we do not do; in words. */
  unknown: string[];
}

type Texts = Record<string, string>;

/** In this order: some programs write the texts of others beside their own. */
const READERS: ((texts: Texts) => Recipe | undefined)[] = [
  ({ safelight }) => fromJobRecord(safelight),
  readNovelAi,
  fromParameters,
  readInvoke,
  ({ prompt }) => readComfyRecipe(parseLooseObject(prompt)),
  readEasyDiffusion,
  readDrawThings,
];

/** @param texts by keyword, as PNG files carry them  @throws SafelightError INVALID_PARAMS when they do not tell enough */
export function toRecipe(texts: Texts): Recipe {
  for (const read of READERS) {
    const recipe = read(texts);
    if (recipe !== undefined) return { ...recipe, params: withoutGaps(recipe.params) };
  }
  const words =
    'the file has ComfyUI’s workflow only, as its editor draws it; the values that made the picture are in its prompt';
  const isWorkflow = parseLooseObject(texts.workflow)?.nodes !== undefined;
  throw new SafelightError('INVALID_PARAMS', isWorkflow ? words : 'the file does not say how it was made');
}

function fromJobRecord(text: string | undefined): Recipe | undefined {
  const record = JobRecordSchema.safeParse(text === undefined ? undefined : parseLooseJson(text)).data;
  if (record === undefined) return undefined;
  const { initImageSha256, maskImageSha256, params, model, safelight } = record;
  return {
    writer: 'safelight',
    params,
    model,
    ...(initImageSha256 !== undefined && { initImage: { sha256: initImageSha256 } }),
    ...(maskImageSha256 !== undefined && { maskImage: { sha256: maskImageSha256 } }),
    unknown: [`whether the model is the same one: the file names it ${model}, and safelight ${safelight} made it`],
  };
}

/** JSON of several programs, a graph of ComfyUI's extensions, or AUTOMATIC1111's text. */
function fromParameters(texts: Texts): Recipe | undefined {
  const { parameters } = texts;
  const json = parseLooseObject(parameters);
  if (json === undefined) return parameters === undefined ? undefined : readA1111Recipe(parameters);
  return (
    readSwarm(json) ??
    readFooocus(json, texts) ??
    readEasyDiffusion(json) ??
    readNovelAi(onlyTexts(json)) ??
    readComfyRecipe(json) ??
    readA1111Recipe(parameters)
  );
}

function onlyTexts(json: Record<string, unknown>): Texts {
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

function withoutGaps(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
