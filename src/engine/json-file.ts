/** Reads a model folder's text files, so that every refusal names the file. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { parseWith, SafelightError } from '../protocol/errors.js';

/** Python's json writes what JSON has not: diffusers' DPM configs carry `"lambda_min_clipped": -Infinity`, their default. */
const PYTHON_INFINITY = /(:\s*)-?Infinity\b/g;

/** @throws SafelightError MODEL_INVALID */
export async function readModelText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SafelightError('MODEL_INVALID', `${path} is missing or cannot be read`, { cause });
  }
}

/** @throws SafelightError MODEL_INVALID: not there, not JSON, or a value that is not what the schema wants */
export async function readModelJson<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  const text = await readModelText(path);
  try {
    return parseWith(schema, JSON.parse(text.replace(PYTHON_INFINITY, '$1null')), 'MODEL_INVALID');
  } catch (cause) {
    const why = cause instanceof SafelightError ? cause.message : 'not JSON';
    throw new SafelightError('MODEL_INVALID', `${path}: ${why}`, { cause });
  }
}
