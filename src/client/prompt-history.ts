/** The prompts that were made on this machine, kept between runs. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../files/make-folder.js';
import { appendLine, readLines } from './json-lines.js';
import { toWordMatcher } from './word-match.js';

export interface PromptHistory {
  /** A prompt that equals the newest one is not added again. */
  add(prompt: string): Promise<void>;
  /** Newest last, no two equal neighbours. */
  list(): Promise<string[]>;
}

const LineSchema = z.object({ prompt: z.string().min(1), at: z.iso.datetime() });
const MAX_PROMPTS = 1000;
const FOLDER_MODE = 0o700;
/**
 * When a file has MAX_PROMPTS lines the next one begins. The last two are enough for what is told, older ones go: a file that
 * was made shorter instead could lose what another client had just added.
 */
const FILE_NAME = /^prompts\.(\d+)\.jsonl$/;

/** The folder is made when it is first used. */
export function createPromptHistory(dir: string): PromptHistory {
  const pathOf = (number: number) => join(dir, `prompts.${number}.jsonl`);

  /** Ascending. */
  async function numbers(): Promise<number[]> {
    await makeFolder(dir, FOLDER_MODE);
    const found = (await readdir(dir)).map((name) => FILE_NAME.exec(name)?.[1]);
    return found
      .filter((number) => number !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  async function read(number: number): Promise<string[]> {
    return (await readLines(pathOf(number), LineSchema)).map(({ prompt }) => prompt);
  }

  return {
    async add(prompt) {
      const all = await numbers();
      const newest = all.at(-1) ?? 1;
      const prompts = await read(newest);
      if (prompts.at(-1) === prompt) return;
      const number = prompts.length < MAX_PROMPTS ? newest : newest + 1;
      await appendLine(pathOf(number), { prompt, at: new Date().toISOString() });
      for (const old of all.filter((each) => each < number - 1)) await rm(pathOf(old), { force: true });
    },
    async list() {
      const prompts = (await Promise.all((await numbers()).slice(-2).map(read))).flat();
      return prompts.filter((prompt, i) => prompt !== prompts[i - 1]).slice(-MAX_PROMPTS);
    },
  };
}

/** Those with every word of the text in them, newest first and each once. @param prompts newest last */
export function searchPrompts(prompts: readonly string[], text: string): string[] {
  const found = prompts.filter(toWordMatcher(text));
  return [...new Set(found.toReversed())];
}
