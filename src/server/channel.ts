/** A one-way pipe inside the process: pushed from callbacks, read as an async iterable by one reader. */
export interface Channel<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** What was pushed before is still read; then the reader ends. */
  end(): void;
  /** What was pushed before is still read; then the reader throws. */
  fail(error: unknown): void;
}

export function createChannel<T>(): Channel<T> {
  const values: T[] = [];
  let closing: { error?: unknown } | undefined;
  let wake: () => void = () => {};
  const close = (how: { error?: unknown }) => {
    closing ??= how;
    wake();
  };
  async function* read(): AsyncGenerator<T> {
    for (;;) {
      for (let value = values.shift(); value !== undefined; value = values.shift()) yield value;
      if (closing !== undefined) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if ('error' in closing) throw closing.error;
  }
  return {
    push(value) {
      if (closing === undefined) values.push(value);
      wake();
    },
    end: () => close({}),
    fail: (error) => close({ error }),
    [Symbol.asyncIterator]: read,
  };
}
