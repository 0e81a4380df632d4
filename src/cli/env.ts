/** What the environment says, and the folders that it may move. */
import envPaths from 'env-paths';

/** An empty variable is one that was not set. */
export function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

const { config, data } = envPaths('safelight', { suffix: '' });

/** What the user writes: settings and wildcards. */
export function configDir(): string {
  return given(process.env.SAFELIGHT_CONFIG_DIR) ?? config;
}

/** What is kept between runs: models, journal, prompts, counts, and a server's pictures. */
export function dataDir(): string {
  return given(process.env.SAFELIGHT_DATA_DIR) ?? data;
}

/** Asked for, or all that the terminal can. */
export function isPlain({ plain = false }: { plain?: boolean | undefined }): boolean {
  const { SAFELIGHT_PLAIN, INK_SCREEN_READER, TERM } = process.env;
  return plain || SAFELIGHT_PLAIN === '1' || INK_SCREEN_READER === 'true' || TERM === 'dumb';
}
