/** What our own pictures say of their making: the `safelight` text of a PNG, the ImageDescription of a WebP or JPEG. */
import { z } from 'zod';

const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** Other versions may have written it: what they added is not refused. */
export const JobRecordSchema = z.object({
  /** The version that made it. */
  safelight: z.string(),
  /** Id of the model. */
  model: z.string(),
  /** Of this one picture, resolved; input pictures are named by their hash, not carried along. */
  params: z.looseObject({}),
  initImageSha256: Sha256Schema.optional(),
  maskImageSha256: Sha256Schema.optional(),
});
export type JobRecord = z.infer<typeof JobRecordSchema>;
