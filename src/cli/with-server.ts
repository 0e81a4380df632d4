/** A client for as long as some work runs: of the server that was asked for, or of one of its own that ends with the work. */
import { join } from 'node:path';
import { parseAddress } from '../client/address.js';
import { type Client, type ConnectOptions, connect } from '../client/client.js';
import { createUsage, type Usage } from '../client/usage.js';
import { dataDir } from './env.js';

/** As the commands' options have them. */
export interface ServerChoice {
  /** Left out = one of its own. */
  apiUrl?: string | undefined;
  token?: string | undefined;
  /** Folder or id, for a server of its own; left out = the embedded model. */
  model?: string | undefined;
}

/** @param note hears the own server's log  @throws SafelightError CONNECTION_FAILED | UNAUTHORIZED | MODEL_NOT_FOUND | MODEL_INVALID */
export async function withServer<T>(
  { apiUrl, token, model, ...options }: ServerChoice & Pick<ConnectOptions, 'preview' | 'signal' | 'onLink'>,
  note: (line: string) => void,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  if (apiUrl !== undefined)
    return withCountedClient({ url: apiUrl, token, onLink: noteLink(note), ...options }, note, work);
  const { startEmbedded } = await import('./embedded.js');
  const embedded = await startEmbedded(model, note);
  try {
    return await withClient({ url: embedded.url, token: embedded.token, ...options }, work);
  } finally {
    await embedded.close();
  }
}

/** Each reason once: the same comes with every try. */
function noteLink(note: (line: string) => void): NonNullable<ConnectOptions['onLink']> {
  const told = new Set<string>();
  return (link) => {
    if (link.state === 'up') {
      if (told.size > 0) note('connected again');
      told.clear();
    } else if (link.reason !== undefined && !told.has(link.reason)) {
      note(`retrying until the server answers: ${link.reason}`);
      told.add(link.reason);
    }
  };
}

export function openUsage(): Usage {
  return createUsage(join(dataDir(), 'usage'));
}

/** The server may stand behind a tunnel that counts, so we do, too. Counting is no reason to stop anybody. */
async function withCountedClient<T>(
  options: ConnectOptions,
  note: (line: string) => void,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const meter = openUsage().meter(parseAddress(options.url).http);
  try {
    return await withClient({ ...options, onBytes: meter.add }, work);
  } finally {
    await meter.close().catch((error) => note(`what came this month cannot be counted: ${String(error)}`));
  }
}

async function withClient<T>(options: ConnectOptions, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(options);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
