/** What was looked at, what was found, and what to do about it: told by `doctor`, and by the UI's page for another server. */
export interface Check {
  /** One word. */
  name: string;
  isOk: boolean;
  /** What was found. */
  text: string;
  /** What to do, where something is wrong or could be better. */
  advice?: string | undefined;
}

/** Something that works, or does not matter. */
export const passed = (name: string, text: string, advice?: string): Check => ({ name, isOk: true, text, advice });
export const failed = (name: string, text: string, advice?: string): Check => ({ name, isOk: false, text, advice });
