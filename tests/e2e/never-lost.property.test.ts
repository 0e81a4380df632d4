/**
 * Jobs that are never lost, whatever happens: random sequences of submits, drops, cancels, kills and restarts against real
 * servers, engine processes and sockets. `SAFELIGHT_PROPERTY_RUNS` says how many; on a failure fast-check prints the shortest
 * sequence that it found, and the seed and path that draw it again.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/client/client.js';
import { type JobAction, jobActions } from '../support/job-actions.js';
import { followJob } from '../support/job-client.js';
import { EXAMPLES } from '../support/job-examples.js';
import { judgeJobs } from '../support/job-verdict.js';
import { createJobWorld, type JobWorld } from '../support/job-world.js';
import { createServerProcesses, type ServerProcesses } from '../support/server-process.js';

/** The same sequences each time, so that a run says something of the change before it; a hunt draws others. */
const SEED = Number(process.env.SAFELIGHT_PROPERTY_SEED ?? 1);
const RUNS = EXAMPLES.length + Number(process.env.SAFELIGHT_PROPERTY_RUNS ?? 8);
/** Far more than one takes: what is cut here was shrinking for too long, or hangs. */
const RUN_MS = 30_000;
/** A server that has nothing to do needs about 90 MiB; each of four sockets may hold 16 MiB, and large previews wait for the collector. */
const MAX_SERVER_BYTES = 256 * 2 ** 20;

let processes: ServerProcesses;

beforeAll(() => {
  processes = createServerProcesses();
});
afterAll(() => processes.stop());

test('rendered once an attempt, told without gaps, ended once, within memory, no picture lost', {
  timeout: RUNS * RUN_MS + 60_000,
}, async () => {
  const property = fc.asyncProperty(jobActions, async (actions) => {
    const world = await createJobWorld(processes);
    try {
      await play(world, actions);
    } catch (cause) {
      throw new Error([...world.ledger.faults, world.lives.lines()].join('\n'), { cause });
    } finally {
      await world.close();
    }
  });
  const examples = EXAMPLES.map((actions): [JobAction[]] => [actions]);
  const limits = { interruptAfterTimeLimit: RUNS * RUN_MS, markInterruptAsFailure: true };
  await fc.assert(property, { numRuns: RUNS, seed: SEED, examples, ...limits });
});

async function play(world: JobWorld, actions: JobAction[]): Promise<void> {
  const { lives } = world;
  for (const action of actions) await world.act(action);
  await world.settle();
  await checkWithClient(world);
  await world.end('kill');
  await lives.begin();
  await checkWithClient(world);
  expect(await lives.metric('safelight_queue_length')).toBe(0);
  await world.end('close');
  expect(await judgeJobs(world)).toEqual([]);
  expect(lives.peakBytes).toBeLessThan(MAX_SERVER_BYTES);
}

/** A real client submits each job again, after the others. */
async function checkWithClient({ lives, ledger }: JobWorld): Promise<void> {
  const client = await connect({ url: lives.url });
  try {
    for (const job of ledger.jobs.values()) job.clients.push(await followJob(client, job));
  } finally {
    await client.close();
  }
}
