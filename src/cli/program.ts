/** EDGE: the only import of commander. The command line's grammar; the commands themselves are loaded when they are run. */
import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isRandomSeed, RANDOM_SEED, SEED_WORDS, SeedSchema } from '../protocol/seed.js';
import type { DoctorOptions } from './doctor.js';
import { fail, usageError } from './failure.js';
import type { ModelsOptions } from './models.js';
import { settleNearMiss } from './near-miss.js';
import type { OneShotOptions } from './one-shot.js';
import { longFlag, ONE_SHOT_OPTIONS, type OptionRow } from './options.js';
import type { ResumeOptions } from './resume.js';
import type { ServeOptions } from './serve.js';
import { SERVE_LIMITS } from './serve-limits.js';
import type { SourceOf } from './settings.js';
import { TUNNEL_TEXT_OPTIONS } from './tunnel-options.js';
import type { VerifyOptions } from './verify.js';

const USAGE_EXIT_CODE = 2;
/** All refusals begin alike, whoever makes them. */
const OUTPUT = {
  outputError: (text: string, write: (text: string) => void) => write(text.replace(/^error: /, 'safelight: ')),
};
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** @returns the exit code */
export async function run(args: string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram(async (command) => {
    await (await import('../client/proxy.js')).useProxies(process.env);
    exitCode = await command();
  });
  try {
    const commands = ['help', ...program.commands.map((command) => command.name())];
    await program.parseAsync(withHelpForBareHeight(await settleNearMiss(args, commands)), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    return fail(error);
  }
}

/** `-h` is height, as it was in the seed's script; with no number behind it somebody asks for help. */
function withHelpForBareHeight(args: string[]): string[] {
  return args.map((arg, i) => (arg === '-h' && !/^[^-]/.test(args[i + 1] ?? '') ? '--help' : arg));
}

type Command_ = () => Promise<number>;

function createProgram(start: (command: Command_) => Promise<void>): Command {
  const program = new Command('safelight')
    .description('Stable Diffusion on a GPU you borrowed, developing live in your terminal.')
    .usage('[options] ["PROMPT"]')
    .argument('[words...]')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(OUTPUT)
    .addHelpText(
      'after',
      '\nWith no prompt, in a terminal, the terminal UI opens.\nserve --help tells the options of the server; models --help how to get models;\nverify --help how to check a picture; resume --help how to get pictures after a lost server.',
    );
  for (const row of ONE_SHOT_OPTIONS) program.addOption(toOption(row));
  program.action((words: string[], options: OneShotOptions) => start(() => runDefault(program, words, options)));
  addServe(program, start);
  addModels(program, start);
  addVerify(program, start);
  addResume(program, start);
  addDoctor(program, start);
  return program;
}

async function runDefault(program: Command, words: string[], options: OneShotOptions): Promise<number> {
  if (words.length > 1) throw usageError(`put the prompt in quotes: safelight "${words.join(' ')}"`);
  if (words.length === 1 && options.prompt !== undefined) throw usageError('the prompt was given twice');
  const prompt = options.prompt ?? words[0];
  if (prompt === undefined) checkPrompt(sourceOf(program));
  const isInteractive = prompt === undefined && process.stdin.isTTY && process.stdout.isTTY;
  if (prompt !== undefined || isInteractive) {
    const { withSettings } = await import('./settings.js');
    const whole = await withSettings(options, sourceOf(program));
    if (prompt !== undefined) return (await import('./one-shot.js')).runOneShot({ ...whole, prompt });
    return (await import('./interactive.js')).runInteractive(whole);
  }
  if (Object.keys(options).some((option) => sourceOf(program)(option) === 'cli'))
    throw usageError('the prompt is missing: safelight "PROMPT" [options]');
  program.outputHelp({ error: true });
  return USAGE_EXIT_CODE;
}

/** The terminal UI would not heed them: who gives them wants a picture at once. By commander's names. */
const NEEDS_PROMPT = {
  init: '--init',
  mask: '--mask',
  json: '--json',
  quiet: '--quiet',
  save: '--no-save',
  timeout: '--timeout',
};

function checkPrompt(source: SourceOf): void {
  for (const [option, flag] of Object.entries(NEEDS_PROMPT))
    if (source(option) === 'cli') throw usageError(`${flag}: the prompt is missing: safelight "PROMPT" ${flag} …`);
}

function addServe(program: Command, start: (command: Command_) => Promise<void>): void {
  const serve = toCommand(program, 'serve', 'the server: HTTP and WebSocket, one job at a time on each device')
    .option('--model <dir|id...>', 'model folders or pulled models, the default first (default: the embedded model)')
    .addOption(new Option('--port <port>', '0 = any free one').default(8000).argParser(toNumber))
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--device <device>', 'auto, cpu, cuda, webgpu or coreml: auto takes CUDA where it works', 'auto')
    .addOption(new Option('--token <token>', 'what clients must show').env('SAFELIGHT_TOKEN'))
    .addOption(
      new Option('--tunnel [service]', 'become public through ngrok or cloudflared')
        .choices(['ngrok', 'cloudflared'])
        .preset('ngrok')
        .conflicts('url'),
    )
    .addOption(new Option('--ngrok-token <authtoken>', 'of your ngrok account').env('NGROK_AUTHTOKEN'))
    .option('--allow-origin <url...>', 'web pages that may use the server (default: none)')
    .option('--data-dir <dir>', 'where finished pictures are kept (default: the user’s data folder)')
    .action((options: ServeOptions) => start(async () => (await import('./serve.js')).runServe(options)));
  for (const { flags, description } of TUNNEL_TEXT_OPTIONS) serve.option(flags, description);
  for (const { flags, description, default: shown } of SERVE_LIMITS)
    serve.addOption(new Option(flags, `${description} (default: ${shown})`).argParser(toNumber));
}

function addModels(program: Command, start: (command: Command_) => Promise<void>): void {
  const models = toCommand(program, 'models', 'the models on this machine: ls, pull, rm, info');
  const load = () => import('./models.js');
  const add = (usage: string, description: string) =>
    toCommand(models, usage, description).option(
      '--models-dir <dir>',
      'where models are kept (env SAFELIGHT_MODELS_DIR)',
    );
  type Json = ModelsOptions & { json?: boolean };
  add('ls', 'what is here')
    .option('--json', 'one JSON array on stdout')
    .action((options: Json) => start(async () => (await load()).runModelsLs(options)));
  add('pull <id>', 'downloads a model of the Hugging Face hub (env HF_TOKEN, HF_ENDPOINT)')
    .option('--revision <revision>', 'branch, tag or commit')
    .action((id: string, options: ModelsOptions) => start(async () => (await load()).runModelsPull(id, options)));
  add('rm <id>', 'removes a model, and asks nothing').action((id: string, options: ModelsOptions) =>
    start(async () => (await load()).runModelsRm(id, options)),
  );
  add('info <dir|id>', 'what a model is, and whether it can be used')
    .option('--json', 'one JSON object on stdout')
    .action((id: string, options: Json) => start(async () => (await load()).runModelsInfo(id, options)));
}

const VERIFY_FLAGS = ['--api-url', '--token', '--profile', '--init', '--mask', '--timeout'];
const DOCTOR_FLAGS = ['--api-url', '--token', '--profile', '--preview'];

function addVerify(program: Command, start: (command: Command_) => Promise<void>): void {
  const verify = toCommand(
    program,
    'verify <file>',
    'makes a picture again from its own metadata, and tells whether it is the same',
  );
  for (const row of ONE_SHOT_OPTIONS) if (VERIFY_FLAGS.includes(longFlag(row))) verify.addOption(toOption(row));
  verify
    .option('--model <id|dir>', 'the model (default: the one that the file names)')
    .option('--json', 'one JSON object on stdout')
    .action((file: string, options: VerifyOptions) =>
      start(async () => {
        const { withProfile } = await import('./settings.js');
        return (await import('./verify.js')).runVerify(file, await withProfile(options, sourceOf(verify)));
      }),
    );
}

function addResume(program: Command, start: (command: Command_) => Promise<void>): void {
  const resume = toCommand(
    program,
    'resume',
    'sends again what was lost with a server or a client, with the same seeds, and saves the pictures',
  ).addOption(
    new Option('-u, --api-url <url>', 'the server (default: the one that each job was for)').env('SD_API_URL'),
  );
  for (const row of ONE_SHOT_OPTIONS) if (longFlag(row) === '--token') resume.addOption(toOption(row));
  resume
    .option(
      '--profile <name>',
      'a server of the settings file, with its token (default: the one that each job was for)',
    )
    .option('-o, --output-dir <dir>', 'where pictures are saved (default: where each job wanted them)')
    .option('-t, --timeout <s>', 'stop waiting for a job after this many seconds (default: 180)', toNumber)
    .addOption(new Option('--list', 'tell what there is, and send nothing'))
    .addOption(new Option('--drop', 'remove it all, and ask nothing').conflicts('list'))
    .action((options: ResumeOptions) =>
      start(async () => {
        const { withProfile } = await import('./settings.js');
        return (await import('./resume.js')).runResume(await withProfile(options, sourceOf(resume), false));
      }),
    );
}

function addDoctor(program: Command, start: (command: Command_) => Promise<void>): void {
  const doctor = toCommand(
    program,
    'doctor',
    'looks at this machine and at a server, and tells what to do about what is wrong',
  );
  for (const row of ONE_SHOT_OPTIONS) if (DOCTOR_FLAGS.includes(longFlag(row))) doctor.addOption(toOption(row));
  for (const { flags, description } of TUNNEL_TEXT_OPTIONS)
    if (flags.startsWith('--tunnel-')) doctor.option(flags, description);
  doctor.option('--json', 'one JSON object on stdout').action((options: DoctorOptions) =>
    start(async () => {
      const { withProfile } = await import('./settings.js');
      return (await import('./doctor.js')).runDoctor(await withProfile(options, sourceOf(doctor)));
    }),
  );
}

/** `-h` is height, and refusals are ours to print: in each of them. */
function toCommand(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .helpOption('--help', 'print this help')
    .exitOverride()
    .configureOutput(OUTPUT);
}

function sourceOf(command: Command): SourceOf {
  return (option) => command.getOptionValueSource(option);
}

function toOption({ flags, description, default: shown, env, number, seed, choices }: OptionRow): Option {
  const option = new Option(flags, shown === undefined ? description : `${description} (default: ${shown})`);
  if (env !== undefined) option.env(env);
  if (choices !== undefined) option.choices(choices);
  if (number !== undefined) option.argParser(toNumber);
  if (seed !== undefined) option.argParser(toSeedOption);
  return option;
}

function toNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function toSeedOption(text: string): number {
  if (isRandomSeed(text)) return RANDOM_SEED;
  const { data } = SeedSchema.safeParse(text);
  if (data === undefined) throw new InvalidArgumentError(`It ${SEED_WORDS}, or ${RANDOM_SEED} for a random one.`);
  return data;
}
