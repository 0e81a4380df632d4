/** colab/safelight.ipynb from top to bottom, as nbclient runs it: a real kernel, server and ngrok library, and a stand-in of ngrok's service. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type NgrokService, startNgrokService } from '../support/ngrok-service/ngrok-service.js';
import { hasPython, preparePython, runPython } from '../support/python-env.js';
import { runSafelight } from '../support/run-safelight.js';

const ROOT = resolve(import.meta.dirname, '../..');
const NOTEBOOK = join(ROOT, 'colab/safelight.ipynb');
const RUNNER = join(import.meta.dirname, 'run_notebook.py');
const PATIENCE_MS = 180_000;

const NotebookSchema = z.object({
  nbformat: z.literal(4),
  cells: z.array(
    z.object({
      cell_type: z.enum(['markdown', 'code']),
      source: z.array(z.string()),
      outputs: z.array(z.unknown()).optional(),
      execution_count: z.null().optional(),
    }),
  ),
});

test('the notebook is saved without outputs', async () => {
  const { cells } = NotebookSchema.parse(JSON.parse(await readFile(NOTEBOOK, 'utf8')));
  expect(cells.flatMap(({ outputs = [] }) => outputs)).toEqual([]);
});

describe.skipIf(!hasPython())(
  'run from top to bottom (needs python3 with venv, and SAFELIGHT_PYTHON_TESTS not 0)',
  () => {
    let python: string;
    let service: NgrokService;
    let folder: string;
    beforeAll(async () => {
      [python, service] = await Promise.all([preparePython(), startNgrokService()]);
      folder = await mkdtemp(join(tmpdir(), 'safelight-notebook-'));
      expect(await runPython(python, ['tests/colab/tiny_models.py', folder])).toMatchObject({ code: 0 });
    }, 600_000);
    afterAll(async () => {
      await service.close();
      await rm(folder, { recursive: true, maxRetries: 10 });
    });

    interface Running {
      process: ChildProcessWithoutNullStreams;
      /** What the cells printed so far. */
      readonly text: string;
      shows(pattern: RegExp): Promise<string>;
      ended: Promise<number | null>;
    }

    function start(form: Record<string, string>): Running {
      const env = {
        PATH: process.env.PATH,
        HOME: folder,
        IPYTHONDIR: join(folder, 'ipython'),
        PYTHONDONTWRITEBYTECODE: '1',
      };
      const child = spawn(python, [RUNNER, NOTEBOOK, folder, JSON.stringify(form)], { env });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
      const ended = once(child, 'close').then(([code]) => code as number | null);
      return {
        process: child,
        ended,
        get text() {
          return text;
        },
        shows: (pattern) =>
          vi.waitFor(
            () => {
              const found = pattern.exec(text);
              if (found === null) throw new Error(`${pattern} was never printed:\n${text}`);
              return found[0];
            },
            { timeout: PATIENCE_MS, interval: 100 },
          ),
      };
    }

    const form = () => ({
      SOURCE: ROOT,
      MODEL: '',
      NGROK_AUTHTOKEN: service.account.authtoken,
      OPTIONS: `--tunnel-server ${service.ingress} --tunnel-ca ${service.caFile}`,
    });

    /** The server's, and those that it started. */
    async function processesOf(pid: number): Promise<number[]> {
      const all = await readdir('/proc');
      const stats = await Promise.all(
        all.filter((name) => /^\d+$/.test(name)).map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')),
      );
      const groupOf = (line: string) => Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[2]);
      return stats.filter((line) => line !== '' && groupOf(line) === pid).map((line) => Number(line.split(' ')[0]));
    }

    test(
      'it converts a model, prints a line to paste, draws for whoever pastes it, and leaves nothing behind',
      async () => {
        const notebook = start({ ...form(), CONVERT: join(folder, 'sd') });
        try {
          const line = await notebook.shows(/https?:\/\/\S+\/#token=\S+/);
          for (const words of [/▶ Looking for a GPU/, /done in \d/, /ok {3}engine/, /▶ Converting/])
            expect(notebook.text).toMatch(words);
          const pid = Number(await readFile(join(folder, 'safelight-work/server.pid'), 'utf8'));
          expect(await processesOf(pid)).toHaveLength(3); // the server, its engine, its tunnel

          const out = join(folder, 'out');
          const size = ['-w', '256', '-h', '256', '-s', '4'];
          const made = await runSafelight(['a lake at night', '-u', line, ...size, '-o', out]);
          expect(made).toMatchObject({ code: 0, stderr: expect.not.stringContaining('safelight: ') });
          expect(await sharp(made.stdout.trim()).metadata()).toMatchObject({ width: 256, format: 'png' });

          notebook.process.stdin.write('stop\n');
          expect(await notebook.ended).toBe(0);
          expect(notebook.text).toContain('stopped: the address leads nowhere any more');
          expect(await processesOf(pid)).toEqual([]);
          expect(service.hosts).toEqual([]);
          await expect(stat(join(folder, 'safelight-work/server.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
          expect(notebook.text).not.toContain(service.account.authtoken);
        } finally {
          notebook.process.kill('SIGKILL');
        }
      },
      PATIENCE_MS,
    );

    test.each([
      ['no source', { SOURCE: '' }, 'SOURCE is empty'],
      ['no authtoken', { NGROK_AUTHTOKEN: '' }, 'ngrok needs an authtoken'],
      ['an authtoken that ngrok does not know', { NGROK_AUTHTOKEN: '2unknown_0123456789abcdefghij' }, 'ERR_NGROK_'],
    ])(
      '%s: it says what to do, and ends',
      async (_, wrong, words) => {
        const notebook = start({ ...form(), ...wrong });
        expect(await notebook.ended).not.toBe(0);
        expect(notebook.text).toContain(words);
        expect(service.hosts).toEqual([]);
      },
      PATIENCE_MS,
    );
  },
);
