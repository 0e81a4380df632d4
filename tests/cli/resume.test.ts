/** Clients that are killed and servers that are lost: `safelight resume` gets the pictures, as a process against servers of the test's making. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJournal, type JournalEntry } from '../../src/client/journal.js';
import type { ClientMessage } from '../../src/protocol/messages.js';
import { type FakeLink, type FakeServer, startFakeServer } from '../support/fake-server.js';
import { openPtyTerminal } from '../support/pty-terminal.js';
import { type Finished, finish, runSafelight, startSafelight } from '../support/run-safelight.js';

const deadPid = spawnSync(process.execPath, ['--version']).pid;
const JOB = '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a3d';
const OTHER = '11111111-2222-4333-8444-555555555555';

let base: string;
let out: string;
let journalDir: string;
const servers: FakeServer[] = [];
/** What was in the output folder when a server was told that the pictures are safe. */
let filesAtAck: string[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'safelight-resume-'));
  out = join(base, 'out');
  filesAtAck = [];
  journalDir = join(base, 'journal');
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(base, { recursive: true });
});

type Submit = Extract<ClientMessage, { type: 'submit' }>;

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
const pictureOf = (n: number) => Buffer.from(`picture ${n}`);

/** Makes every submitted job at once. */
function makePictures({ jobId, params }: Submit, link: FakeLink): void {
  const seeds = Array.from({ length: params.count }, (_, n) => (params.seed ?? 0) + n);
  const timings = { queuedMs: 0, totalMs: 5 };
  link.say({ type: 'started', jobId, seq: 1, seeds });
  for (const n of seeds.keys()) tellPicture({ jobId, params }, n, link);
  link.say({ type: 'completed', jobId, seq: 2 + seeds.length, seeds, timings });
}

function tellPicture({ jobId, params: { seed = 0 } }: Pick<Submit, 'jobId' | 'params'>, n: number, link: FakeLink) {
  const bytes = pictureOf(n);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = { sha256, bytes: bytes.length, width: 1, height: 1, format: 'png', href: `/${n}` };
  link.say({ type: 'image', jobId, seq: 2 + n, n, seed: seed + n, ...file });
}

async function startServer(
  onSubmit: (submit: Submit, link: FakeLink) => void = makePictures,
  sendPicture: (n: number, response: ServerResponse) => void = (n, response) => void response.end(pictureOf(n)),
): Promise<FakeServer> {
  const server = await startFakeServer({
    onMessage(message, link) {
      if (message.type === 'submit') onSubmit(message, link);
      if (message.type === 'ack') filesAtAck = isFolder(out) ? readdirSync(out) : [];
      if (message.type === 'cancel') link.say({ type: 'cancelled', jobId: message.jobId, seq: 99 });
    },
    onRequest: ({ url = '' }, response) => sendPicture(Number(url.slice(1)), response),
  });
  servers.push(server);
  return server;
}

const env = () => ({ SAFELIGHT_JOURNAL_DIR: journalDir });
const resume = (...args: string[]): Promise<Finished> => runSafelight(['resume', ...args], env());
const draw = (url: string, ...args: string[]): Promise<Finished> =>
  runSafelight(['a lake', '-u', url, '-o', out, '--seed', '7', ...args], env());
const journalled = async () => (existsSync(journalDir) ? await createJournal(journalDir).list() : []);
const submitsOf = ({ heard }: FakeServer) => heard.filter((message) => message.type === 'submit');
const acksOf = ({ heard }: FakeServer) => heard.filter((message) => message.type === 'ack').map(({ jobId }) => jobId);
const saved = async () => {
  const names = existsSync(out) ? (await readdir(out)).sort() : [];
  return Promise.all(names.map((name) => readFile(join(out, name), 'utf8')));
};

/** As a client that is gone, or that still runs, has left it. */
async function leave(entry: Partial<JournalEntry> & { url: string }, pid = deadPid): Promise<void> {
  const whole: JournalEntry = {
    jobId: JOB,
    submittedAt: new Date().toISOString(),
    params: { prompt: 'a lake', seed: 7 },
    save: { outputDir: out, name: '{seed}' },
    saved: [],
    ...entry,
  };
  await createJournal(journalDir).add(whole);
  const fileOf = (owner: number) => join(journalDir, `${whole.jobId}.${owner}.json`);
  await rename(fileOf(process.pid), fileOf(pid));
}

describe('a client that was killed', () => {
  test('before its picture was saved: the same job, byte by byte, and acknowledged when it is safe', async () => {
    const asked = Promise.withResolvers<void>();
    let isKilled = false;
    const server = await startServer(undefined, (n, response) => {
      if (isKilled) response.end(pictureOf(n));
      else asked.resolve(); // and no answer
    });
    const child = startSafelight(['a lake', '-u', `${server.url}/#token=hush`, '-o', out], env());
    const ended = finish(child);
    await asked.promise;
    child.kill('SIGKILL');
    await ended;
    isKilled = true;
    expect(await saved()).toEqual([]);
    const [entry] = await journalled();
    expect(entry).toMatchObject({ url: server.url, isOwned: false, params: { prompt: 'a lake' } });
    expect(await readFile(join(journalDir, (await readdir(journalDir))[0]), 'utf8')).not.toContain('hush');
    expect(acksOf(server)).toEqual([]);

    const { code, stdout } = await resume();
    expect(code).toBe(0);
    expect((await readFile(stdout.trimEnd())).equals(pictureOf(0))).toBe(true);
    const [before, after] = submitsOf(server);
    expect(after).toEqual(before);
    expect(after.params.seed).toBeTypeOf('number');
    expect(acksOf(server)).toEqual([before.jobId]);
    expect(filesAtAck).toEqual(await readdir(out));
    expect(await journalled()).toEqual([]);
  });

  test('between two pictures: the one that is saved is not saved again', async () => {
    const server = await startServer(undefined, (n, response) => {
      if (n === 0) response.end(pictureOf(n)); // and no answer to the others
    });
    const child = startSafelight(['a lake', '-u', server.url, '-o', out, '--count', '3', '--name', '{n}'], env());
    const ended = finish(child);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await ended;
    expect(await saved()).toEqual(['picture 0']);

    const other = await startServer();
    const { code, stdout } = await resume('-u', other.url);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(out, '1.png')}\n${join(out, '2.png')}\n` });
    expect(await saved()).toEqual(['picture 0', 'picture 1', 'picture 2']);
    expect(submitsOf(other)).toEqual(submitsOf(server));
  });
});

describe('what a one-shot leaves in the journal', () => {
  test('nothing when all is saved', async () => {
    const server = await startServer();
    expect(await draw(server.url)).toMatchObject({ code: 0 });
    expect(await journalled()).toEqual([]);
  });

  test('the job, when the server is lost; resume gets it from another one with the same id and seed', async () => {
    const lost = await startServer((_, link) => link.close(4503));
    const { code, stderr } = await draw(lost.url);
    expect(code).toBe(3);
    expect(stderr).toContain('safelight resume');
    const other = await startServer();
    expect(await resume('-u', other.url)).toMatchObject({ code: 0 });
    expect(submitsOf(other)).toEqual(submitsOf(lost));
    expect(await saved()).toEqual(['picture 0']);
    expect(await journalled()).toEqual([]);
  });

  test('the job, when a picture cannot be saved; the server is not told to stop', async () => {
    // Comes in the way while the job runs: a command refuses to begin where it stands already.
    const server = await startServer((submit, link) => {
      writeFileSync(out, 'a file in the way');
      makePictures(submit, link);
    });
    const { code, stderr } = await draw(server.url);
    expect(code).toBe(2);
    expect(stderr).toContain(out);
    expect(stderr).not.toContain('bug');
    expect(server.heard.map(({ type }) => type)).not.toContain('cancel');
    expect(acksOf(server)).toEqual([]);
    // Still in the way: it stays, and the server is not asked for a picture that has no place to go to.
    const again = await resume();
    expect(again).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('choose another folder') });
    expect(submitsOf(server)).toHaveLength(1);
    expect(await resume('-o', join(out, 'below'))).toMatchObject({ code: 2, stdout: '' });
    expect(await journalled()).toHaveLength(1);
    const elsewhere = join(base, 'elsewhere');
    const { stdout } = await resume('-o', elsewhere);
    expect(stdout.startsWith(elsewhere)).toBe(true);
    expect(await journalled()).toEqual([]);
  });

  test('the picture that arrived damaged: the others of its job are saved, and resume gets the one', async () => {
    let isDamaged = true;
    const server = await startServer(undefined, (n, response) => {
      response.end(n === 1 && isDamaged ? 'something els' : pictureOf(n));
    });
    const { code, stdout, stderr } = await draw(server.url, '--count', '3', '--name', '{n}');
    expect(code).toBe(3);
    expect(stdout).toBe(`${join(out, '0.png')}\n${join(out, '2.png')}\n`);
    expect(stderr).toContain('safelight: picture 2 is not saved: the picture arrived damaged');
    expect(stderr).toContain('the other pictures are saved\n');
    expect(stderr).toContain('safelight resume');
    expect(acksOf(server)).toEqual([]);
    expect(await journalled()).toMatchObject([{ saved: [0, 2] }]);
    isDamaged = false;
    expect(await resume()).toMatchObject({ code: 0, stdout: `${join(out, '1.png')}\n` });
    expect(acksOf(server)).toHaveLength(1);
    expect(await journalled()).toEqual([]);
  });

  test('the job, when its folder is gone: resume makes it again, and -o is read as it is typed', async () => {
    const server = await startServer();
    await leave({ url: server.url, save: { outputDir: join(out, 'gone', 'deep'), name: 'a' } });
    await leave({ url: server.url, jobId: OTHER, save: { outputDir: '/proc/safelight', name: 'b/{seed}' } });
    expect((await resume()).stdout).toBe(`${join(out, 'gone', 'deep', 'a.png')}\n`);
    // Its name was kept before names were checked.
    const { code, stdout } = await resume('-o', `'${out}/it is' `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(out, 'it is', 'b_7.png')}\n` });
    expect(await journalled()).toEqual([]);
  });

  test('nothing when it was cancelled: interrupted, or out of time', async () => {
    const late = await startServer(() => {});
    expect(await draw(late.url, '-t', '0.5')).toMatchObject({ code: 4 });
    expect(await journalled()).toEqual([]);
    const submitted = Promise.withResolvers<void>();
    const slow = await startServer(() => submitted.resolve());
    const child = startSafelight(['a lake', '-u', slow.url], env());
    const ended = finish(child);
    await submitted.promise;
    expect(await journalled()).toMatchObject([{ isOwned: true }]);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    expect(await journalled()).toEqual([]);
  });

  test('the job, when its time ran out while the server was away', async () => {
    const server = await startServer((_, link) => {
      link.cut();
      void servers.pop()?.close();
    });
    const { code, stderr } = await draw(server.url, '-t', '1');
    expect(code).toBe(4);
    expect(stderr).toContain('safelight resume');
    expect(await journalled()).toHaveLength(1);
  });

  test('nothing when the server refuses it, or it would fail again', async () => {
    const refusal = { type: 'error', code: 'INVALID_PARAMS', message: 'too wide' };
    const refusing = await startServer(({ jobId }, link) => link.say({ ...refusal, jobId }));
    expect(await draw(refusing.url)).toMatchObject({ code: 2 });
    const failure = { type: 'failed', seq: 1, code: 'OUT_OF_MEMORY', message: 'too large' };
    const failing = await startServer(({ jobId }, link) => link.say({ ...failure, jobId }));
    expect(await draw(failing.url)).toMatchObject({ code: 1 });
    expect(await journalled()).toEqual([]);
  });

  test('the job under a new id, when it may not fail again: the server would tell the old failure for the old one', async () => {
    const failure = { type: 'failed', seq: 1, code: 'ENGINE_FAILED', message: 'it broke' };
    const server = await startServer((submit, link) => {
      if (submitsOf(server).length === 1) link.say({ ...failure, jobId: submit.jobId });
      else makePictures(submit, link);
    });
    expect(await draw(server.url)).toMatchObject({ code: 1 });
    expect(await resume()).toMatchObject({ code: 0 });
    const [before, after] = submitsOf(server);
    expect(after.jobId).not.toBe(before.jobId);
    expect(after.params).toEqual(before.params);
    expect(await journalled()).toEqual([]);
  });

  test('nothing with --no-save, and nothing but a note when the journal cannot be written', async () => {
    const submitted = Promise.withResolvers<void>();
    const slow = await startServer(() => submitted.resolve());
    const child = startSafelight(['a lake', '-u', slow.url, '--no-save'], env());
    const ended = finish(child);
    await submitted.promise;
    expect(await journalled()).toEqual([]);
    child.kill('SIGINT');
    await ended;
    await writeFile(journalDir, 'a file in the way');
    const server = await startServer();
    expect(await draw(server.url)).toMatchObject({ code: 0, stderr: expect.stringContaining(journalDir) });
  });
});

describe('resume', () => {
  test('0 with a note when there is nothing', async () => {
    for (const args of [[], ['--list'], ['--drop']])
      expect(await resume(...args)).toEqual({ code: 0, stdout: '', stderr: 'no unfinished jobs\n' });
  });

  test('goes on after a failure, and tells the first one', async () => {
    const server = await startServer((submit, link) => {
      if (submit.jobId !== JOB) makePictures(submit, link);
      else link.say({ type: 'failed', jobId: JOB, seq: 1, code: 'INTERNAL', message: 'it broke' });
    });
    await leave({ url: server.url, submittedAt: '2026-01-01T00:00:00.000Z' });
    await leave({ url: server.url, jobId: OTHER });
    expect(await resume()).toMatchObject({ code: 1, stderr: expect.stringContaining('it broke') });
    expect(submitsOf(server).map(({ jobId }) => jobId)).toEqual([JOB, OTHER]);
    expect(await saved()).toEqual(['picture 0']);
  });

  test('3 when a server does not answer: asked once, all is kept, and the jobs of other servers are made', async () => {
    const server = await startServer();
    await leave({ url: 'http://127.0.0.1:1', submittedAt: '2026-01-01T00:00:00.000Z' });
    await leave({ url: 'http://127.0.0.1:1', jobId: OTHER, submittedAt: '2026-01-01T00:01:00.000Z' });
    await leave({ url: server.url, jobId: '22222222-2222-4333-8444-555555555555' });
    const { code, stderr } = await resume();
    expect(code).toBe(3);
    expect(stderr.match(/does not answer/g)).toHaveLength(1);
    expect((await journalled()).map(({ jobId }) => jobId)).toEqual([JOB, OTHER]);
    expect(await saved()).toEqual(['picture 0']);
  });

  test('a server that has not the model costs no job', async () => {
    const refusal = { type: 'error', code: 'MODEL_NOT_FOUND', message: 'no such model' };
    const server = await startServer(({ jobId }, link) => link.say({ ...refusal, jobId }));
    await leave({ url: 'http://127.0.0.1:1' });
    expect(await resume('-u', server.url)).toMatchObject({ code: 2 });
    expect(await journalled()).toHaveLength(1);
  });

  test('a picture that the server no longer has is asked for under a new id the next time', async () => {
    let isGone = true;
    const server = await startServer(undefined, (n, response) => {
      if (isGone) response.writeHead(404).end(JSON.stringify({ error: { code: 'NOT_FOUND', message: 'gone' } }));
      else response.end(pictureOf(n));
    });
    await leave({ url: server.url });
    expect(await resume()).toMatchObject({ code: 1 });
    isGone = false;
    expect(await resume()).toMatchObject({ code: 0 });
    const [before, after] = submitsOf(server);
    expect(after.jobId).not.toBe(before.jobId);
    expect(after.params).toEqual(before.params);
  });

  test('130: interrupted, it leaves the job to the server and to the journal', async () => {
    const submitted = Promise.withResolvers<void>();
    const server = await startServer(() => submitted.resolve());
    await leave({ url: server.url });
    const child = startSafelight(['resume'], env());
    const ended = finish(child);
    await submitted.promise;
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
    expect(server.heard.map(({ type }) => type)).not.toContain('cancel');
    expect(await journalled()).toMatchObject([{ jobId: JOB, isOwned: false }]);
  });

  test('a job of a living client is left alone, also by --drop', async () => {
    const server = await startServer();
    await leave({ url: server.url }, process.ppid);
    expect(await resume()).toMatchObject({ code: 0, stdout: '' });
    expect(await resume('--drop')).toMatchObject({ code: 0, stdout: '' });
    expect((await resume('--list')).stdout).toContain(`process ${process.ppid}`);
    expect(server.heard).toEqual([]);
    expect(await readdir(journalDir)).toHaveLength(1);
  });

  test('a damaged entry is told of and does not stop the others; --drop removes it', async () => {
    const server = await startServer();
    await leave({ url: server.url });
    const path = join(journalDir, `${OTHER}.${deadPid}.json`);
    await writeFile(path, '{"jobId"');
    expect(await resume()).toMatchObject({ code: 0, stderr: expect.stringContaining(path) });
    expect(await saved()).toEqual(['picture 0']);
    expect(await resume('--drop')).toMatchObject({ code: 0 });
    expect(await readdir(journalDir)).toEqual([]);
  });

  test('--list tells what there is, --drop removes it, and neither sends anything', async () => {
    const server = await startServer();
    const submittedAt = new Date(Date.now() - 180 * 60_000).toISOString();
    const prompt = `a lake\n\x1b[31m${'at dusk '.repeat(20)}`;
    await leave({ url: server.url, submittedAt, params: { prompt, seed: 7, count: 3 }, saved: [1] });
    const [head, row, ...rest] = (await resume('--list')).stdout.trimEnd().split('\n');
    expect(rest).toEqual([]);
    expect(head).toMatch(/^JOB +AGE +PICTURES +SERVER +PROMPT$/);
    expect(row).toMatch(new RegExp(`^${JOB} +3 h +2 missing +${server.url} +a lake \\[31mat dusk .*…$`));
    expect(row).not.toContain('\x1b');
    expect(await resume('--drop')).toMatchObject({ code: 0, stdout: expect.stringContaining(JOB) });
    expect(await readdir(journalDir)).toEqual([]);
    expect(server.heard).toEqual([]);
  });

  test.each([
    ['no address', ['-u', 'foo'], '--api-url'],
    ['no time', ['-t', '0'], '--timeout'],
    ['--list with --drop', ['--list', '--drop'], '--drop'],
    ['an unknown option', ['--bogus'], '--bogus'],
  ])('2: %s', async (_, args, words) => {
    await leave({ url: 'http://127.0.0.1:1' });
    expect(await resume(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
    expect(await journalled()).toHaveLength(1);
  });
});

describe('the offer', () => {
  const offer = '`safelight resume` gets 2 unsaved pictures of earlier jobs';

  test('is one line of the one-shot command, and none with --quiet, --json or when nothing is left', async () => {
    const server = await startServer();
    await leave({ url: server.url, params: { prompt: 'a lake', seed: 7, count: 3 }, saved: [0] });
    expect((await draw(server.url)).stderr.split('\n')).toContain(offer);
    expect((await draw(server.url, '--quiet')).stderr).toBe('');
    expect((await draw(server.url, '--json')).stderr).toBe('');
    await resume();
    expect((await draw(server.url)).stderr).not.toContain('resume');
  });

  test('stands in the terminal UI at the start, whose jobs are kept, too', async () => {
    const submitted = Promise.withResolvers<Submit>();
    const server = await startServer((submit) => submitted.resolve(submit));
    // What was left on this server is gone on with at once; what another one had is offered.
    await leave({ url: 'http://127.0.0.1:1', params: { prompt: 'a lake', seed: 7, count: 2 } });
    const terminal = openPtyTerminal({ args: ['-u', server.url, '-o', out], cwd: base, env: env() });
    await terminal.shows(offer);
    terminal.type('a hill\r');
    const { jobId, params } = await submitted.promise;
    terminal.kill('SIGKILL');
    await terminal.exited;
    const kept = (await journalled()).find((entry) => entry.jobId === jobId);
    expect(kept).toMatchObject({ isOwned: false, params: { prompt: 'a hill', seed: params.seed }, saved: [] });
  });
});
