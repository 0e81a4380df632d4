/** What may happen to jobs, as values that fast-check draws and shrinks. A number picks a job among those there are by then. */
import fc from 'fast-check';
import type { JobEvent } from '../../src/protocol/messages.js';

export interface JobShape {
  count: number;
  steps: number;
  paceMs: number;
}

/** How something is said to the server. */
export type Road = 'socket' | 'http';
/** Or by a real client, which follows it through everything. */
export type Submitter = Road | 'client';
export type EngineKill = 'SIGKILL' | 'SIGABRT';
export type ServerEnd = 'close' | 'kill';

export type JobAction =
  | { do: 'submit'; reader: number; by: Submitter; shape: JobShape }
  /** The same again. */
  | { do: 'duplicate'; reader: number; job: number }
  /** The same id for another picture. */
  | { do: 'conflict'; reader: number; job: number; by: Road }
  | { do: 'cancel'; reader: number; job: number; by: Road }
  | { do: 'acknowledge'; reader: number; job: number }
  | { do: 'drop'; reader: number }
  /** The lines of all real clients. */
  | { do: 'cut clients' }
  | { do: 'reconnect'; reader: number }
  /** On a fresh connection: of one that was read already, the network holds far more. */
  | { do: 'stop reading'; reader: number; forMs: number }
  | { do: 'kill engine'; signal: EngineKill }
  | { do: 'restart server'; after: ServerEnd }
  /** The next one is killed while it starts, and the one after it stays. */
  | { do: 'restart server twice'; after: ServerEnd; killAtMs: number }
  /** Until somebody hears such an event: what comes next happens at that very moment. */
  | { do: 'wait'; for: JobEvent['type'] };

const reader = fc.nat({ max: 2 });
const job = fc.nat({ max: 5 });
const by = fc.constantFrom<Road[]>('socket', 'http');
const after = fc.constantFrom<ServerEnd[]>('close', 'kill');

const small = record({
  count: fc.integer({ min: 1, max: 3 }),
  steps: fc.integer({ min: 1, max: 30 }),
  paceMs: fc.nat({ max: 8 }),
});
/** More events than the server's log holds. */
const long = fc.constant({ count: 11, steps: 100, paceMs: 0 });
const shape: fc.Arbitrary<JobShape> = fc.oneof({ weight: 8, arbitrary: small }, { weight: 1, arbitrary: long });

const submit = of('submit', { reader, by: fc.constantFrom<Submitter[]>('socket', 'http', 'client'), shape });
const waitedFor = fc.constantFrom<JobEvent['type'][]>('started', 'progress', 'image', 'completed', 'cancelled');

const action: fc.Arbitrary<JobAction> = fc.oneof(
  { weight: 6, arbitrary: submit },
  { weight: 5, arbitrary: of('wait', { for: waitedFor }) },
  { weight: 2, arbitrary: of('duplicate', { reader, job }) },
  { weight: 1, arbitrary: of('conflict', { reader, job, by }) },
  { weight: 2, arbitrary: of('cancel', { reader, job, by }) },
  { weight: 1, arbitrary: of('acknowledge', { reader, job }) },
  { weight: 2, arbitrary: of('drop', { reader }) },
  { weight: 1, arbitrary: of('cut clients', {}) },
  { weight: 2, arbitrary: of('reconnect', { reader }) },
  { weight: 1, arbitrary: of('stop reading', { reader, forMs: fc.integer({ min: 10, max: 900 }) }) },
  { weight: 2, arbitrary: of('kill engine', { signal: fc.constantFrom<EngineKill[]>('SIGKILL', 'SIGABRT') }) },
  { weight: 2, arbitrary: of('restart server', { after }) },
  { weight: 1, arbitrary: of('restart server twice', { after, killAtMs: fc.nat({ max: 60 }) }) },
);

/** Without a job nothing can be lost. */
export const jobActions: fc.Arbitrary<JobAction[]> = fc.noBias(
  fc
    .tuple(submit, fc.array(action, { minLength: 4, maxLength: 20, size: 'max' }))
    .map(([first, others]) => [first, ...others]),
);

function of<Name extends JobAction['do'], T extends object>(
  name: Name,
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
) {
  return record({ do: fc.constant(name), ...fields });
}

/** Plain objects: they are printed when something fails. */
function record<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;
}
