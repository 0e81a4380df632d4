/** Work on many things a few at a time; the first failure ends it and says which thing it was. */

/** Far above what anything takes, also on a busy machine: whoever is not done by then hangs. */
const HUNG_MS = 20_000;

export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, lane: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  async function run(lane: number): Promise<void> {
    for (const [index, item] of waiting) {
      try {
        await beforeItHangs(work(item, lane));
      } catch (cause) {
        const words = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`input ${index} of ${items.length}: ${words}\n${toText(item)}`, { cause });
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
}

async function beforeItHangs(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer and not closed')), HUNG_MS);
  });
  try {
    await Promise.race([work, hung]);
  } finally {
    clearTimeout(timer);
  }
}

/** As it can be pasted into a test. */
function toText(item: unknown): string {
  const text = Buffer.isBuffer(item) ? item.toString('latin1') : item;
  return JSON.stringify(text, (_, value) =>
    isBytes(value) ? Buffer.from(value.data).toString('latin1') : value,
  ).slice(0, 3000);
}

/** What JSON.stringify makes of a Buffer. */
function isBytes(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
}
