/** Finished pictures on their way to the disk, beside the events of their job: a few downloads at once, saved in their order. */
import { SafelightError } from '../protocol/errors.js';
import type { ImageEvent } from './client.js';

export interface Unsaved {
  image: ImageEvent;
  error: unknown;
}

export interface SaveQueue {
  /** Returns at once. A picture that fails does not stop the others. */
  add(image: ImageEvent): void;
  /** Resolves when every picture that was added is saved or has failed; never rejects. */
  settled(): Promise<void>;
  /** @throws what the first picture failed with, in words that name all that failed */
  check(): void;
}

export interface SaveWork {
  fetch(image: ImageEvent): Promise<Uint8Array>;
  /** Called for one picture at a time, in the order of `add`. */
  keep(bytes: Uint8Array, image: ImageEvent): Promise<void>;
  /** Called as soon as the pictures before it are done. */
  onFailure(unsaved: Unsaved): void;
}

/** So many pictures are in memory at most, and a slow link is not shared by sixteen downloads. */
const AT_ONCE = 3;

export function createSaveQueue({ fetch, keep, onFailure }: SaveWork): SaveQueue {
  const works: Promise<void>[] = [];
  const failures: Unsaved[] = [];

  /** Never rejects. @param place resolves when there is room for one more download  @param before the picture before this one */
  async function work(image: ImageEvent, place?: Promise<void>, before?: Promise<void>): Promise<void> {
    await place;
    const fetching = fetch(image);
    fetching.catch(() => {}); // handled below, once it is this picture's turn
    await before;
    try {
      await keep(await fetching, image);
    } catch (error) {
      failures.push({ image, error });
      onFailure({ image, error });
    }
  }

  return {
    add: (image) => void works.push(work(image, works.at(-AT_ONCE), works.at(-1))),
    async settled() {
      await Promise.all(works);
    },
    check() {
      if (failures.length > 0) throw toError(failures, works.length);
    },
  };
}

/** `picture 2 is not saved: the disk is full`. Numbers count from 1, as everywhere on the screen. */
export function toUnsavedWords({ image, error }: Unsaved): string {
  return `picture ${image.n + 1} is not saved: ${error instanceof Error ? error.message : String(error)}`;
}

/** A bug keeps its own error, whose stack belongs into the report. */
function toError(failures: readonly Unsaved[], added: number): unknown {
  const [{ image, error }, ...more] = failures;
  if (added === 1 || !(error instanceof SafelightError)) return error;
  const alsoFailed = more.map((each) => each.image.n + 1).join(', ');
  const others = failures.length < added ? '; the other pictures are saved' : '';
  const words = `${toUnsavedWords({ image, error })}${alsoFailed && ` (also not saved: ${alsoFailed})`}${others}`;
  return new SafelightError(error.code, words, { cause: error });
}
