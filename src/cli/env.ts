/** Settings from the environment. */

/** An empty variable is one that was not set. */
export function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
