/** The one-shot command's options (design §4), in one table: parsing, help, the README and the messages are made from it. */
import { PREVIEW_CHOICES } from '../client/settings.js';
import { IMAGE_FORMATS, PARAM_DEFAULTS, PARAM_LIMITS, SCHEDULER_NAMES } from '../protocol/params.js';

export interface OptionRow {
  /** As commander reads it: `-w, --width <px>`. */
  flags: string;
  description: string;
  /** Shown, not set: what is left out stays out of the request. */
  default?: string;
  env?: string;
  number?: true;
  /** A whole number of up to 64 bits, or -1. */
  seed?: true;
  choices?: readonly string[];
  /** The request's field, where it has another name than the flag. */
  param?: string;
}

const range = ({ min, max }: { min: number; max: number }) => `${min}–${max}`;
const { size, steps, guidanceScale, count, clipSkip, hiresScale, branchStep } = PARAM_LIMITS;
const sides = `${range(size)}, a multiple of ${size.multipleOf}`;

export const ONE_SHOT_OPTIONS: readonly OptionRow[] = [
  {
    flags: '-u, --api-url <url>',
    description: 'the server; its token may follow as #token=…',
    default: 'one of its own',
    env: 'SD_API_URL',
  },
  { flags: '--token <token>', description: 'the server’s token', env: 'SAFELIGHT_TOKEN' },
  {
    flags: '--profile <name>',
    description: 'a server of the settings file, with its token; local = one of its own',
    default: 'the file’s',
  },
  { flags: '--prompt <text>', description: 'what to draw, instead of the argument' },
  { flags: '-n, --negative <text>', description: 'what to keep out of the picture', param: 'negativePrompt' },
  { flags: '-w, --width <px>', description: `width: ${sides}`, default: String(PARAM_DEFAULTS.width), number: true },
  { flags: '-h, --height <px>', description: `height: ${sides}`, default: String(PARAM_DEFAULTS.height), number: true },
  {
    flags: '-s, --steps <n>',
    description: `denoising steps: ${range(steps)}`,
    default: String(PARAM_DEFAULTS.steps),
    number: true,
  },
  {
    flags: '-g, --guidance <scale>',
    description: `how closely to follow the prompt: ${range(guidanceScale)}; 0 or 1 = no guidance`,
    default: `the model’s, or ${PARAM_DEFAULTS.guidanceScale}`,
    number: true,
    param: 'guidanceScale',
  },
  {
    flags: '--seed <n>',
    description: 'the same seed makes the same picture; of 64-bit seeds the low 32 bits count; -1 = random',
    default: 'random',
    seed: true,
  },
  {
    flags: '--scheduler <name>',
    description: 'how the noise is taken away',
    default: 'the model’s',
    choices: SCHEDULER_NAMES,
  },
  {
    flags: '--count <n>',
    description: `pictures, of seed, seed + 1, …: ${range(count)}`,
    default: String(PARAM_DEFAULTS.count),
    number: true,
  },
  { flags: '--init <image>', description: 'a picture to start from', param: 'initImage' },
  {
    flags: '--strength <share>',
    description: 'how much of the init picture to repaint: above 0, up to 1',
    default: String(PARAM_DEFAULTS.strength),
    number: true,
  },
  { flags: '--mask <image>', description: 'where to repaint the init picture: white', param: 'maskImage' },
  {
    flags: '--variation-seed <n>',
    description: 'lean the first noise towards this seed’s',
    seed: true,
    param: 'variationSeed',
  },
  {
    flags: '--variation-strength <share>',
    description: 'how far: above 0, up to 1',
    number: true,
    param: 'variationStrength',
  },
  {
    flags: '--hires <scale>',
    description: `then enlarge by this and repaint: above 1, up to ${hiresScale.max}; sides to ${PARAM_LIMITS.hiresSide}`,
    number: true,
    param: 'hiresScale',
  },
  {
    flags: '--hires-strength <share>',
    description: 'how much the hires pass repaints',
    default: String(PARAM_DEFAULTS.hiresStrength),
    number: true,
    param: 'hiresStrength',
  },
  {
    flags: '--branch-step <n>',
    description: `after so many steps go on with what follows: ${range(branchStep)}, below the steps`,
    number: true,
    param: 'branchStep',
  },
  { flags: '--branch-prompt <text>', description: 'from there on, what to draw', param: 'branchPrompt' },
  {
    flags: '--branch-negative <text>',
    description: 'from there on, what to keep out',
    param: 'branchNegativePrompt',
  },
  {
    flags: '--branch-guidance <scale>',
    description: `from there on, how closely to follow the prompt: ${range(guidanceScale)}`,
    number: true,
    param: 'branchGuidanceScale',
  },
  {
    flags: '--branch-seed <n>',
    description: 'from there on, noise of this seed: late steps change little',
    seed: true,
    param: 'branchSeed',
  },
  {
    flags: '--model <id|dir>',
    description: 'a model of the server; without a URL, a model folder',
    default: 'the server’s',
    param: 'model',
  },
  {
    flags: '--clip-skip <n>',
    description: `take the text encoder’s n-th layer from the end: ${range(clipSkip)}`,
    default: String(PARAM_DEFAULTS.clipSkip),
    number: true,
    param: 'clipSkip',
  },
  { flags: '-t, --timeout <s>', description: 'cancel the job after this many seconds', default: '180', number: true },
  { flags: '-o, --output-dir <dir>', description: 'where pictures are saved', default: 'generated_images' },
  {
    flags: '--name <template>',
    description: 'file name from {date} {time} {seed} {n}',
    default: 'output_{date}-{time}_{seed}',
  },
  {
    flags: '--format <format>',
    description: 'of the file',
    default: PARAM_DEFAULTS.format,
    choices: IMAGE_FORMATS,
  },
  { flags: '--no-save', description: 'make the picture and keep no file' },
  {
    flags: '--preview <kind>',
    description: `how the terminal shows pictures: ${PREVIEW_CHOICES.join(', ')}`,
    default: 'auto',
    env: 'SAFELIGHT_PREVIEW',
    choices: PREVIEW_CHOICES,
  },
  { flags: '--no-preview', description: 'the same as --preview off' },
  {
    flags: '--plain',
    description: 'plain lines for screen readers: no colour, nothing is drawn over (or SAFELIGHT_PLAIN=1)',
  },
  { flags: '--json', description: 'one JSON object a line on stdout for everything that happens' },
  { flags: '--quiet', description: 'say nothing but errors' },
];

/** `-g, --guidance <scale>` → `--guidance`. */
export function longFlag({ flags }: OptionRow): string {
  return flags.match(/--[a-z-]+/)?.[0] ?? flags;
}

/** The flag that sets a field of the request, for messages. */
export function flagOfParam(param: string): string {
  const row = ONE_SHOT_OPTIONS.find((each) => (each.param ?? longFlag(each).slice(2)) === param);
  return row === undefined ? param : longFlag(row);
}
