/** What chance finds too seldom, as sequences of their own. */
import type { JobAction, ServerEnd } from './job-actions.js';

const submit = (count: number, steps: number, paceMs: number): JobAction => ({
  ...{ do: 'submit', reader: 0, by: 'socket', shape: { count, steps, paceMs } },
});
const waitFor = (type: 'progress' | 'image' | 'completed'): JobAction => ({ do: 'wait', for: type });
const restart = (after: ServerEnd): JobAction => ({ do: 'restart server', after });
const midway = (after: ServerEnd) => [1, 2, 3].flatMap(() => [waitFor('progress'), restart(after)]);

export const EXAMPLES: JobAction[][] = [
  // Of the first job the network takes the preview, of the second it does not: its events wait, and are merged.
  [
    { do: 'stop reading', reader: 0, forMs: 1200 },
    submit(1, 5, 8),
    submit(3, 30, 9),
    { do: 'duplicate', reader: 1, job: 1 },
  ],
  // More events than the log holds.
  [submit(11, 100, 0)],
  // A picture was just told; its job ends before it is made again.
  [submit(2, 20, 5), waitFor('image'), restart('kill'), { do: 'cancel', reader: 0, job: 0, by: 'socket' }],
  // The end was just told.
  [submit(1, 1, 0), waitFor('completed'), restart('kill')],
  // The next try makes a picture that is there.
  [submit(2, 20, 5), waitFor('image'), { do: 'kill engine', signal: 'SIGABRT' }],
  // A job takes its server down until that is enough; one whose server is closed as often does not.
  [submit(2, 30, 8), ...midway('kill')],
  [submit(1, 60, 8), ...midway('close')],
];
