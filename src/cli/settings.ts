/** What stands below the command line: option, then environment, then the settings file and its profiles, then what is built in. */
import { parseAddress } from '../client/address.js';
import { LOCAL_PROFILE, loadSettings, type Settings, settingsFile, tokenFor } from '../client/settings.js';
import { configDir } from './env.js';
import { usageError } from './failure.js';
import type { OneShotOptions } from './one-shot.js';
import { flagOfParam } from './options.js';

/** Who set an option, as commander tells it: `cli`, `env` or `default`. */
export type SourceOf = (option: string) => string | undefined;

export interface ServerOptions {
  profile?: string | undefined;
  apiUrl?: string | undefined;
  token?: string | undefined;
}

/** @throws SafelightError INVALID_PARAMS naming file and key */
export function openSettings(): Promise<Settings> {
  return loadSettings(settingsFile(configDir()));
}

/** Everything that the file can say. */
export async function withSettings(options: OneShotOptions, sourceOf: SourceOf): Promise<OneShotOptions> {
  const settings = await openSettings();
  const { outputDir, preview } = settings;
  return {
    ...toOptions(settings.defaults),
    ...(outputDir !== undefined && { outputDir }),
    ...(preview !== undefined && { preview }),
    ...options,
    ...chooseServer(settings, options, sourceOf),
  };
}

/** Only the server, for commands that know what to make. @param usual to take the file's profile where nothing names a server */
export async function withProfile<T extends ServerOptions>(options: T, sourceOf: SourceOf, usual = true): Promise<T> {
  const settings = await openSettings();
  const choice = usual ? settings : { ...settings, profile: undefined };
  return { ...options, ...chooseServer(choice, options, sourceOf) };
}

/** `--profile` goes before SD_API_URL, the file's own `profile` behind it. */
function chooseServer(settings: Settings, { profile: asked, apiUrl, token }: ServerOptions, sourceOf: SourceOf) {
  if (asked !== undefined && sourceOf('apiUrl') === 'cli')
    throw usageError('--profile and --api-url both name the server: give one of them');
  if (asked === undefined && apiUrl !== undefined) return { apiUrl, token: token ?? tokenFor(settings, apiUrl) };
  const name = asked ?? settings.profile ?? LOCAL_PROFILE;
  if (name === LOCAL_PROFILE) return { apiUrl: undefined, token };
  const { url, token: ownToken } = findProfile(settings, name);
  // SAFELIGHT_TOKEN is that of SD_API_URL or of this machine's own server: a profile that has one keeps it.
  const own = ownToken ?? parseAddress(url).token;
  return { apiUrl: url, token: sourceOf('token') === 'cli' ? token : (own ?? token) };
}

function findProfile({ profiles }: Settings, name: string): Settings['profiles'][string] {
  if (Object.hasOwn(profiles, name)) return profiles[name];
  const names = [...Object.keys(profiles), LOCAL_PROFILE].join(', ');
  throw usageError(`--profile: ${settingsFile(configDir())} has no profile ${name}; there are: ${names}`);
}

/** Fields of a request under the names that their options have. */
function toOptions(defaults: Settings['defaults']): Partial<OneShotOptions> {
  const toName = (param: string) =>
    flagOfParam(param)
      .slice(2)
      .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(defaults).map(([param, value]) => [toName(param), value]));
}
