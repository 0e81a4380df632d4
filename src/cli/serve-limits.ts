/** The limits that `safelight serve` takes as options, in one table: parsing, help and docs are made from it. */
export interface LimitRow {
  flags: string;
  /** As commander names the option's value. */
  option: 'maxQueue' | 'maxConnections' | 'maxSockets' | 'maxSubmits' | 'maxMessages' | 'maxDisk' | 'maxPixels';
  /** Of the server's limits. */
  field:
    | 'queue'
    | 'connections'
    | 'socketsPerToken'
    | 'submitsPerMinute'
    | 'messagesPerSecond'
    | 'imageBytes'
    | 'pixels';
  description: string;
  default: number;
  /** Of one unit of the option, in the server's. */
  factor?: number;
}

export const SERVE_LIMITS: readonly LimitRow[] = [
  { flags: '--max-queue <n>', option: 'maxQueue', field: 'queue', description: 'jobs that may wait', default: 64 },
  {
    flags: '--max-connections <n>',
    option: 'maxConnections',
    field: 'connections',
    description: 'connections at once',
    default: 64,
  },
  {
    flags: '--max-sockets <n>',
    option: 'maxSockets',
    field: 'socketsPerToken',
    description: 'WebSockets of one token at once',
    default: 8,
  },
  {
    flags: '--max-submits <n>',
    option: 'maxSubmits',
    field: 'submitsPerMinute',
    description: 'new jobs of one token in a minute',
    default: 60,
  },
  {
    flags: '--max-messages <n>',
    option: 'maxMessages',
    field: 'messagesPerSecond',
    description: 'messages of one WebSocket in a second',
    default: 50,
  },
  {
    flags: '--max-disk <MiB>',
    option: 'maxDisk',
    field: 'imageBytes',
    description: 'finished pictures on the disk',
    default: 2048,
    factor: 1024 ** 2,
  },
  {
    flags: '--max-pixels <n>',
    option: 'maxPixels',
    field: 'pixels',
    description: 'width × height of a picture, after its hires pass',
    default: 2048 * 2048,
  },
];
