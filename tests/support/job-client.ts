/** The real client with one job, as the command uses it: submits, follows to the end, fetches each picture as it is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, connect } from '../../src/client/client.js';
import { ERROR_TABLE, SafelightError } from '../../src/protocol/errors.js';
import { isEnding, JobEndingSchema } from '../../src/protocol/messages.js';
import { type HeardJob, type LedgerJob, toImageInfo } from './job-ledger.js';

const RETRY_MS = 50;

/** By a client of its own. @throws what the client throws; Error when a picture is not the asked one */
export async function makeByClient(url: string, job: LedgerJob): Promise<HeardJob> {
  const client = await connectAtLast(url);
  try {
    return await followJob(client, job);
  } finally {
    await client.close();
  }
}

/** @throws what the client throws; Error when a picture is not the asked one */
export async function followJob(client: Client, { jobId, params }: LedgerJob): Promise<HeardJob> {
  const heard: HeardJob = { images: [], endings: [] };
  for await (const event of client.generate(params, { jobId, outlivesReader: true })) {
    if (isEnding(event)) heard.endings.push(JobEndingSchema.parse(event));
    if (event.type !== 'image') continue;
    heard.images.push(toImageInfo(event));
    const text = Buffer.from(await client.download(event)).toString('latin1');
    const asked = `picture ${event.n} of seed ${params.seed + event.n} by `;
    if (!text.startsWith(asked)) throw new Error(`instead of ${asked}: ${text.slice(0, 100)}`);
  }
  return heard;
}

/** As a person does who tries again: the first connecting is not repeated by the client. */
async function connectAtLast(url: string): Promise<Client> {
  for (;;) {
    try {
      return await connect({ url });
    } catch (error) {
      if (!(error instanceof SafelightError) || !ERROR_TABLE[error.code].retry) throw error;
      await sleep(RETRY_MS);
    }
  }
}
