/** The user's settings file: servers by name, what pictures are made with by default, keys. It may hold tokens: the user's alone. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../files/make-folder.js';
import { SafelightError } from '../protocol/errors.js';
import { GenerationParamsSchema } from '../protocol/params.js';
import { parseWideJson } from '../protocol/wide-json.js';
import { isAddress, parseAddress } from './address.js';
import { fileErrorCode, replaceFile } from './durable-file.js';

/** How the terminal shows pictures: `--preview`. */
export const PREVIEW_CHOICES = ['auto', 'kitty', 'iterm2', 'sixel', 'halfblock', '256', 'off'] as const;
export type PreviewChoice = (typeof PREVIEW_CHOICES)[number];

/** Which colours the terminal UI writes in: those for the terminal's own background, or for one of these. */
export const THEME_CHOICES = ['auto', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

/** Instead of a profile's name: a server of one's own. */
export const LOCAL_PROFILE = 'local';
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** A misspelt setting must not be ignored in silence. */
function strict<T extends z.core.$ZodLooseShape>(shape: T) {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys'
        ? `there is no ${(keys as string[]).join(' and no ')} here, only ${names}`
        : undefined,
  });
}

const ADDRESS_WORDS = 'must be the address of a server, which looks like https://host or https://host/#token=…';
const ProfileSchema = strict({
  url: z.string(ADDRESS_WORDS).refine(isAddress, ADDRESS_WORDS),
  /** It may as well stand in the URL. */
  token: z.string().min(1, 'must not be empty; leave it out instead').optional(),
});

const { shape } = GenerationParamsSchema;
/** Only what is right for any picture: the rest needs an input picture, or another parameter beside it. */
const DefaultsSchema = strict({
  negativePrompt: shape.negativePrompt.unwrap().optional(),
  width: shape.width.unwrap().optional(),
  height: shape.height.unwrap().optional(),
  steps: shape.steps.unwrap().optional(),
  guidanceScale: shape.guidanceScale,
  seed: shape.seed,
  scheduler: shape.scheduler,
  count: shape.count.unwrap().optional(),
  hiresScale: shape.hiresScale,
  model: shape.model,
  clipSkip: shape.clipSkip.unwrap().optional(),
  format: shape.format.unwrap().optional(),
});

const KEYS_WORDS = 'must be a key, as "ctrl+g", or a list of keys';
const KeysSchema = z.string(KEYS_WORDS).min(1, KEYS_WORDS);

export const SettingsSchema = strict({
  /** The profile to use when none is asked for. */
  profile: z.string().optional(),
  profiles: z.record(z.string(), ProfileSchema).default({}),
  defaults: DefaultsSchema.default({}),
  preview: z.enum(PREVIEW_CHOICES, `must be one of ${PREVIEW_CHOICES.join(', ')}`).optional(),
  theme: z.enum(THEME_CHOICES, `must be one of ${THEME_CHOICES.join(', ')}`).optional(),
  outputDir: z.string().min(1, 'must not be empty').optional(),
  /** Of the terminal UI, by command. */
  keys: z.record(z.string(), z.union([KeysSchema, z.array(KeysSchema)], KEYS_WORDS)).optional(),
})
  .refine(({ profiles }) => !Object.hasOwn(profiles, LOCAL_PROFILE), {
    message: 'is taken: it stands for a server of one’s own',
    path: ['profiles', LOCAL_PROFILE],
  })
  .refine(({ profile = LOCAL_PROFILE, profiles }) => profile === LOCAL_PROFILE || Object.hasOwn(profiles, profile), {
    message: 'must be the name of one of the profiles',
    path: ['profile'],
  });
export type Settings = z.infer<typeof SettingsSchema>;

export function settingsFile(configDir: string): string {
  return join(configDir, 'settings.json');
}

/** Whatever is in it: is there a file? */
export async function hasSettings(file: string): Promise<boolean> {
  return (await readUnlessMissing(file)) !== undefined;
}

/** A file that is not there is an empty one. @throws SafelightError INVALID_PARAMS naming file and key | UNSUPPORTED */
export async function loadSettings(file: string): Promise<Settings> {
  const text = await readUnlessMissing(file);
  return text === undefined ? SettingsSchema.parse({}) : check(parseJson(text, file), file);
}

/** @throws SafelightError as `loadSettings`, and DISK_FULL */
export async function saveSettings(file: string, settings: Settings): Promise<void> {
  const text = `${JSON.stringify(check(settings, file), undefined, 2)}\n`;
  try {
    await makeFolder(dirname(file), FOLDER_MODE);
    await replaceFile(file, text, FILE_MODE);
  } catch (error) {
    throw toRefusal(error, `cannot write the settings in ${file}`);
  }
}

/** The token that goes with a server: the one in its URL, or that of the profile with this address. */
export function tokenFor({ profiles }: Pick<Settings, 'profiles'>, url: string): string | undefined {
  const { http, token: inUrl } = parseAddress(url);
  const addresses = Object.values(profiles).map(({ url: own, token }) => parseAddress(own, token));
  return inUrl ?? addresses.find((address) => address.http === http && address.token !== undefined)?.token;
}

async function readUnlessMissing(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw toRefusal(error, `cannot read the settings in ${file}`);
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return parseWideJson(text);
  } catch (error) {
    // Not the parser's whole sentence: it quotes the file, which may hold a token there.
    const [place = ''] = /\(line \d+ column \d+\)/.exec(String(error)) ?? [];
    throw new SafelightError('INVALID_PARAMS', `${file}: not JSON ${place}`.trimEnd());
  }
}

/** @throws SafelightError with every key that is wrong, a line each; values are not told, one may be a token */
function check(value: unknown, file: string): Settings {
  const { data, error } = SettingsSchema.safeParse(value);
  if (data !== undefined) return data;
  const lines = error?.issues.map(
    ({ path, message }) => `${file}: ${[path.join('.'), message].filter(Boolean).join(': ')}`,
  );
  throw new SafelightError('INVALID_PARAMS', lines?.join('\n') ?? file);
}

function toRefusal(error: unknown, words: string): unknown {
  const code = fileErrorCode(error);
  if (code === undefined) return error;
  return new SafelightError(code === 'ENOSPC' ? 'DISK_FULL' : 'UNSUPPORTED', `${words} (${code})`, { cause: error });
}
