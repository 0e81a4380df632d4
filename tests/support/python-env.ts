/** A Python with what tests/colab needs: a virtual environment, made once for each version of its requirements. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');
const REQUIREMENTS = ['tests/colab/requirements.txt', 'colab/requirements-convert.txt'].map((file) => join(ROOT, file));
const CACHE = join(ROOT, 'node_modules/.cache/safelight-python');
const TURN = join(CACHE, 'turn');
const LOOK_MS = 500;

const run = promisify(execFile);

/** Where the host has none, its tests cannot run; who wants no gigabytes of torch for them says SAFELIGHT_PYTHON_TESTS=0. */
export function hasPython(): boolean {
  if (process.env.SAFELIGHT_PYTHON_TESTS === '0') return false;
  try {
    execFileSync('python3', ['-c', 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** @returns the environment's interpreter; making it takes a minute or two */
export async function preparePython(): Promise<string> {
  const digest = createHash('sha256');
  for (const file of REQUIREMENTS) digest.update(readFileSync(file));
  const folder = join(CACHE, digest.digest('hex').slice(0, 16));
  const complete = join(folder, 'complete');
  while (!existsSync(complete)) {
    if (await takeTurn()) await make(folder).finally(endTurn);
    else await sleep(LOOK_MS);
  }
  return join(folder, 'bin/python');
}

async function make(folder: string): Promise<void> {
  // Those of other requirements too: each is over a gigabyte.
  const others = (await readdir(CACHE)).filter((name) => name !== basename(TURN));
  await Promise.all(others.map((name) => rm(join(CACHE, name), { recursive: true })));
  await run('python3', ['-m', 'venv', folder]);
  const python = join(folder, 'bin/python');
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-compile', '--requirement', REQUIREMENTS[0]]);
  await writeFile(join(folder, 'complete'), '');
}

/** Test files run in processes of their own, and more than one needs it. @returns whether it is this one's to make */
async function takeTurn(): Promise<boolean> {
  await mkdir(CACHE, { recursive: true });
  try {
    await writeFile(TURN, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(await readFile(TURN, 'utf8').catch(() => '')); // empty: it is being written, or gone again
    if (owner > 0 && !existsSync(`/proc/${owner}`)) await endTurn();
    return false;
  }
}

function endTurn(): Promise<void> {
  return rm(TURN, { force: true });
}

export interface PythonRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Off-line, whatever the libraries would like to fetch. */
export async function runPython(python: string, args: string[]): Promise<PythonRun> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, HF_HUB_OFFLINE: '1', PYTHONWARNINGS: 'ignore' };
  try {
    return { code: 0, ...(await run(python, args, { cwd: ROOT, env })) };
  } catch (failure) {
    const { code, stdout, stderr } = failure as PythonRun;
    return { code, stdout, stderr };
  }
}
