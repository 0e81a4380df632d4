/** The messages of `safelight.v1` (design §6): strict from clients, tolerant of unknown fields from servers. */
import { z } from 'zod';
import { ErrorBodySchema } from './errors.js';
import { GenerationParamsSchema, ImageFormatSchema, SchedulerNameSchema } from './params.js';

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = 'safelight.v1';
/** Largest text frame a server takes; pictures travel by HTTP. */
export const MAX_INBOUND_FRAME_BYTES = 64 * 1024;

/** WebSocket close codes: 4000–4499 = come back, 4500–4999 = do not (design §6). */
export const CLOSE_CODES = {
  normal: 1000,
  restarting: 1012,
  slow: 4008,
  tooManyMessages: 4029,
  helloTimeout: 4010,
  badMessage: 4502,
  version: 4503,
} as const;

const JobIdSchema = z.uuid();
/** Counts from 1 per job. */
const SeqSchema = z.int().min(1);

// ---- client → server -------------------------------------------------------------------------------------------

export const PREVIEW_FORMATS = ['rgb', 'jpeg', 'png', 'webp', 'none'] as const;
export const PreviewFormatSchema = z.enum(PREVIEW_FORMATS);
export type PreviewFormat = z.infer<typeof PreviewFormatSchema>;

/** What a client can show: the server never sends larger, other or more often. */
export const PreviewWishSchema = z.strictObject({
  maxWidth: z.int().min(1).max(1024).default(256),
  maxHeight: z.int().min(1).max(1024).default(256),
  format: PreviewFormatSchema.default('jpeg'),
  maxPerSecond: z.number().positive().max(60).default(8),
});
export type PreviewWish = z.infer<typeof PreviewWishSchema>;

const clientMessages = [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.int(),
    clientId: z.string().min(1).max(100),
    /** Left out = no previews. */
    preview: PreviewWishSchema.optional(),
  }),
  z.strictObject({ type: z.literal('submit'), jobId: JobIdSchema, params: GenerationParamsSchema }),
  z.strictObject({
    type: z.literal('watch'),
    jobId: JobIdSchema,
    epoch: z.string().max(100).optional(),
    afterSeq: z.int().min(0).optional(),
  }),
  z.strictObject({ type: z.literal('unwatch'), jobId: JobIdSchema }),
  z.strictObject({ type: z.literal('cancel'), jobId: JobIdSchema }),
  z.strictObject({ type: z.literal('ack'), jobId: JobIdSchema }),
  z.strictObject({ type: z.literal('previewAck'), jobId: JobIdSchema, seq: SeqSchema }),
] as const;
export const ClientMessageSchema = z.discriminatedUnion('type', clientMessages);
export type ClientMessage = z.infer<typeof ClientMessageSchema>;
/** What a client may write: defaults may be left out. */
export type ClientMessageInput = z.input<typeof ClientMessageSchema>;

// ---- server → client -------------------------------------------------------------------------------------------

export const ModelSummarySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  licence: z.string().optional(),
  /** Sides must be multiples of this: VAE factor × UNet down-sampling. */
  sizeMultipleOf: z.int(),
  guidanceScale: z.number(),
  steps: z.int(),
  /** The folder's own scheduler, where it has a public name. */
  scheduler: SchedulerNameSchema.optional(),
  /** Can it start from a picture? */
  img2img: z.boolean(),
});
export type ModelSummary = z.infer<typeof ModelSummarySchema>;

export const CapabilitiesSchema = z.looseObject({
  protocol: z.int(),
  server: z.string(),
  /** The first is the default. */
  models: z.array(ModelSummarySchema),
  schedulers: z.array(SchedulerNameSchema),
  limits: z.looseObject({}),
  device: z.string(),
  queueLength: z.int(),
});
export type Capabilities = z.infer<typeof CapabilitiesSchema>;

export const STAGE_NAMES = ['download', 'load', 'encode', 'denoise', 'decode'] as const;
export const StageNameSchema = z.enum(STAGE_NAMES);
export type StageName = z.infer<typeof StageNameSchema>;

export const TimingsSchema = z.looseObject({
  queuedMs: z.number(),
  /** From `started` to the end. */
  totalMs: z.number(),
});
export type Timings = z.infer<typeof TimingsSchema>;

const ofJob = { jobId: JobIdSchema, seq: SeqSchema };
const SeedsSchema = z.array(z.int());

/** `notes`: sentences about the request that a person should read and that are not errors; sent once, with the first `encode`. */
const NotesSchema = z.array(z.string());
const stageFields = { name: StageNameSchema, fraction: z.number().optional(), notes: NotesSchema.optional() };

const progressFields = {
  image: z.int(),
  step: z.int(),
  steps: z.int(),
  elapsedMs: z.number(),
  etaMs: z.number(),
};

/** A finished picture as it is told of. */
export const ImageInfoSchema = z.looseObject({
  n: z.int(),
  seed: z.int(),
  sha256: z.string(),
  bytes: z.int(),
  width: z.int(),
  height: z.int(),
  format: ImageFormatSchema,
  href: z.string(),
});
export type ImageInfo = z.infer<typeof ImageInfoSchema>;

const endings = {
  completed: { type: z.literal('completed'), seeds: SeedsSchema, timings: TimingsSchema },
  cancelled: { type: z.literal('cancelled') },
  failed: { type: z.literal('failed'), code: z.string(), message: z.string() },
};
/** How a job ended, without its number. */
export const JobEndingSchema = z.discriminatedUnion('type', [
  z.object(endings.completed),
  z.object(endings.cancelled),
  z.object(endings.failed),
]);
export type JobEnding = z.infer<typeof JobEndingSchema>;

const jobEvents = [
  /** 0 = next to run. */
  z.looseObject({ type: z.literal('queued'), ...ofJob, position: z.int() }),
  z.looseObject({ type: z.literal('started'), ...ofJob, seeds: SeedsSchema }),
  z.looseObject({ type: z.literal('stage'), ...ofJob, ...stageFields }),
  /** `image` counts from 0, `step` counts finished steps of that image from 1; both times are of the whole job. */
  z.looseObject({ type: z.literal('progress'), ...ofJob, ...progressFields }),
  /** A final is on the server's disk: fetch `href` (relative to the server's root). `n` counts from 0. */
  z.looseObject({ type: z.literal('image'), ...ofJob, ...ImageInfoSchema.shape }),
  z.looseObject({ ...ofJob, ...endings.completed }),
  z.looseObject({ ...ofJob, ...endings.cancelled }),
  z.looseObject({ ...ofJob, ...endings.failed }),
] as const;
export const JobEventSchema = z.discriminatedUnion('type', jobEvents);
export type JobEvent = z.infer<typeof JobEventSchema>;

export const JOB_STATES = ['queued', 'running', 'completed', 'cancelled', 'failed'] as const;
export const JobStateSchema = z.enum(JOB_STATES);
export type JobState = z.infer<typeof JobStateSchema>;

/** `GET /jobs/{id}`, and the answer of `PUT` and `DELETE`. */
export const JobSnapshotSchema = z.looseObject({
  jobId: JobIdSchema,
  state: JobStateSchema,
  epoch: z.string(),
  /** Of the newest event. */
  seq: z.int(),
  position: z.int().optional(),
  seeds: SeedsSchema,
  progress: z.looseObject(progressFields).optional(),
  images: z.array(ImageInfoSchema),
  notes: NotesSchema.optional(),
  error: ErrorBodySchema.optional(),
});
export type JobSnapshot = z.infer<typeof JobSnapshotSchema>;

const connectionMessages = [
  z.looseObject({
    type: z.literal('welcome'),
    protocol: z.int(),
    server: z.string(),
    /** Random per server life: an `afterSeq` counts only within one. */
    epoch: z.string(),
    capabilities: CapabilitiesSchema,
  }),
  /** Something the client sent was refused; `jobId` when it was about one. The socket stays open. */
  z.looseObject({ type: z.literal('error'), jobId: z.string().optional(), ...ErrorBodySchema.shape }),
  z.looseObject({ type: z.literal('bye'), reason: z.string(), retryAfterMs: z.number() }),
] as const;
/** Instead of events that the job's log no longer has; what follows is numbered on from its `seq`. */
const SnapshotMessageSchema = z.looseObject({ type: z.literal('snapshot'), ...JobSnapshotSchema.shape });
export type SnapshotMessage = z.infer<typeof SnapshotMessageSchema>;
export const ServerMessageSchema = z.discriminatedUnion('type', [
  ...connectionMessages,
  SnapshotMessageSchema,
  ...jobEvents,
]);
export type ServerMessage = z.infer<typeof ServerMessageSchema>;
export type WelcomeMessage = Extract<ServerMessage, { type: 'welcome' }>;

/** The JSON header of the one binary frame; `seq` is that of the job's newest event when the preview was made. */
export const PreviewHeaderSchema = z.looseObject({
  type: z.literal('preview'),
  jobId: JobIdSchema,
  seq: SeqSchema,
  image: z.int(),
  step: z.int(),
  width: z.int(),
  height: z.int(),
  format: PreviewFormatSchema,
});
export type PreviewHeader = z.infer<typeof PreviewHeaderSchema>;

export function isEnding(event: { type: string }): boolean {
  return event.type === 'completed' || event.type === 'cancelled' || event.type === 'failed';
}

/** 4500–4999: coming back would end the same way. */
export function isFatalClose(code: number): boolean {
  return code >= 4500 && code <= 4999;
}
