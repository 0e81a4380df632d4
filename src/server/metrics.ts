/** EDGE: the only import of prom-client. What the server counts, as `GET /metrics` tells it (Prometheus text). */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EngineEvent } from './engine-messages.js';

export interface Metrics {
  readonly contentType: string;
  toText(): Promise<string>;
  /** Of the one running job. */
  progress(event: Extract<EngineEvent, { type: 'progress' }>): void;
  jobEnded(ending: string, totalMs: number): void;
  /** What a preview cost: its decoding in the engine, its encoding for one watcher here. */
  preview(part: 'decode' | 'encode', ms: number): void;
  sent(kind: 'event' | 'preview' | 'picture', bytes: number): void;
  /** By the error's code, or by why a socket was cut. */
  refused(reason: string): void;
}

/** Read when somebody asks. */
export interface MetricsSources {
  queueLength(): number;
  clients(): number;
}

const STEP_BUCKETS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const JOB_BUCKETS_S = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const PREVIEW_BUCKETS_S = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read());
      },
    });
  gauge('safelight_queue_length', 'Jobs that wait or run', sources.queueLength);
  gauge('safelight_clients', 'Connected WebSockets', sources.clients);
  gauge('process_resident_memory_bytes', 'Memory of the server process', () => process.memoryUsage.rss());
  const step = new Histogram({
    ...{ name: 'safelight_step_seconds', help: 'One denoising step, with its preview', buckets: STEP_BUCKETS_S },
    registers,
  });
  const job = new Histogram({
    ...{ name: 'safelight_job_seconds', help: 'A job from its start to its end', buckets: JOB_BUCKETS_S },
    ...{ labelNames: ['ending'] as const, registers },
  });
  const preview = new Histogram({
    ...{ name: 'safelight_preview_seconds', help: 'Work for one preview', buckets: PREVIEW_BUCKETS_S },
    ...{ labelNames: ['part'] as const, registers },
  });
  const sent = new Counter({
    ...{ name: 'safelight_sent_bytes_total', help: 'Bytes handed to the network, without framing' },
    ...{ labelNames: ['kind'] as const, registers },
  });
  const refused = new Counter({
    ...{ name: 'safelight_refused_total', help: 'Requests refused and sockets cut, by reason' },
    ...{ labelNames: ['reason'] as const, registers },
  });
  let lastElapsedMs = 0;
  return {
    contentType: registry.contentType,
    toText: () => registry.metrics(),
    progress({ step: number, elapsedMs }) {
      // Before a picture's first step other things are done.
      if (number > 1) step.observe(Math.max(0, elapsedMs - lastElapsedMs) / 1000);
      lastElapsedMs = elapsedMs;
    },
    jobEnded: (ending, totalMs) => job.observe({ ending }, totalMs / 1000),
    preview: (part, ms) => preview.observe({ part }, ms / 1000),
    sent: (kind, bytes) => sent.inc({ kind }, bytes),
    refused: (reason) => refused.inc({ reason }),
  };
}
