/** The built command: what it says of this machine, and of servers that are there, strange or away. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type NgrokService, startNgrokService } from '../support/ngrok-service/ngrok-service.js';
import { openPtyTerminal } from '../support/pty-terminal.js';
import { runSafelight, type ServeProcess, startServe } from '../support/run-safelight.js';

const ReportSchema = z.strictObject({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({ name: z.string(), ok: z.boolean(), text: z.string(), advice: z.string().optional() }),
  ),
});

let dataDir: string;
let server: ServeProcess;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'safelight-doctor-'));
  server = await startServe(['--data-dir', dataDir]);
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true });
});

async function reportOf(args: string[], env: Record<string, string> = {}) {
  const { stdout, stderr, code } = await runSafelight(['doctor', '--json', ...args], env);
  expect(stderr).toBe('');
  const report = ReportSchema.parse(JSON.parse(stdout));
  expect(code).toBe(report.ok ? 0 : 1);
  const names = report.checks.map(({ name, ok }) => `${ok ? '' : '!'}${name}`);
  return { ...report, names, last: report.checks[report.checks.length - 1] };
}

const MACHINE = ['node', 'engine', 'gpu', 'model', 'terminal', 'tunnel'];

test('a machine without a server is well', async () => {
  const { stdout, code } = await runSafelight(['doctor']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok {4}node {6}v2\d\./m);
  expect(stdout).toMatch(/^ok {4}engine {4}onnxruntime runs models on the CPU$/m);
  expect(stdout).toMatch(/^ok {4}gpu {7}(not used: .+\n +→ .+|CUDA works, and is used)$/m);
  expect(stdout).toMatch(/^ok {4}model .+\(tiny\)/m);
  expect(stdout).toMatch(/^ok {4}server {4}none is set/m);
});

test('in a terminal it says how pictures are shown', async () => {
  const terminal = openPtyTerminal({ args: ['doctor', '--preview', '256'], cwd: dataDir, columns: 200 });
  expect(await terminal.exited).toBe(0);
  await terminal.until((text) => /terminal.+200×30: half blocks in 256 colours/.test(text));
  expect(terminal.modes).toEqual([]);
});

describe('a proxy', () => {
  const proxyOf = async (args: string[], env: Record<string, string>) =>
    (await reportOf(args, env)).checks.find(({ name }) => name === 'proxy');

  test('of the environment is named, without its password', async () => {
    const env = { HTTPS_PROXY: 'http://me:secret@proxy.test:3128' };
    expect(await proxyOf([], env)).toEqual({
      name: 'proxy',
      ok: true,
      text: 'http://proxy.test:3128 (HTTPS_PROXY) leads to huggingface.co',
    });
    expect(await proxyOf(['-u', server.url], env)).toMatchObject({
      ok: true,
      text: expect.stringContaining('not used'),
    });
    const bad = await proxyOf([], { HTTPS_PROXY: 'ftp://me:secret@proxy.test' });
    expect(bad).toMatchObject({ ok: false, text: expect.stringMatching(/^HTTPS_PROXY: (?!.*secret)/) });
  });

  test('that is down is what is wrong with the server', async () => {
    const { last, names } = await reportOf(['-u', 'http://gpu.test'], { HTTP_PROXY: 'http://me:secret@127.0.0.1:9' });
    expect(names.slice(-3)).toEqual(['proxy', 'address', '!server']);
    expect(last.text).toMatch(/^the proxy http:\/\/127\.0\.0\.1:9 \(HTTP_PROXY\): /);
  });
});

describe('a tunnel', () => {
  let service: NgrokService;
  beforeAll(async () => {
    service = await startNgrokService();
  });
  afterAll(() => service.close());

  async function lookAt(args: string[], env: Record<string, string> = { NGROK_AUTHTOKEN: '2secret' }) {
    const { stdout } = await runSafelight(['doctor', '--json', ...args], env);
    expect(stdout).not.toContain('2secret');
    return ReportSchema.parse(JSON.parse(stdout)).checks.find(({ name }) => name === 'tunnel');
  }

  test('without an authtoken there is none, and nobody is asked', async () => {
    expect(await lookAt(['--tunnel-server', '127.0.0.1:1'], {})).toMatchObject({
      ok: true,
      text: expect.stringContaining('NGROK_AUTHTOKEN is not set'),
    });
  });

  test('whose service answers', async () => {
    const { ingress, caFile } = service;
    expect(await lookAt(['--tunnel-server', ingress, '--tunnel-ca', caFile])).toMatchObject({
      ok: true,
      text: `ngrok’s service answers (${ingress})`,
    });
  });

  test('whose service is another, or cannot be reached', async () => {
    expect(await lookAt(['--tunnel-server', service.ingress])).toMatchObject({
      ok: false,
      advice: expect.stringContaining('--tunnel-ca'),
    });
    expect(await lookAt(['--tunnel-server', '127.0.0.1:1'])).toMatchObject({
      ok: false,
      text: expect.stringContaining('cannot be reached'),
    });
  });
});

describe('a server', () => {
  test('that is well: all is told, with how fast it is', async () => {
    const report = await reportOf(['-u', `${server.url}/#token=${server.token}`]);
    expect(report.names).toEqual([...MACHINE, 'address', 'server', 'token', 'models', 'speed']);
    expect(report.last.text).toMatch(/^\d+ ms there and back, [\d.]+ [kM]B\/s from there$/);
    expect(JSON.stringify(report)).not.toContain(server.token);
  });

  test.each([
    ['without a token', [], 'copy the whole line'],
    ['with another token', ['--token', 'another-token-0123456789'], 'copy the whole line'],
  ])('%s', async (_, more, advice) => {
    const report = await reportOf(['-u', server.url, ...more]);
    expect(report.names).toEqual([...MACHINE, 'address', 'server', '!token']);
    expect(report.last.advice).toContain(advice);
  });

  test('that is no address', async () => {
    const { code, stderr } = await runSafelight(['doctor', '-u', 'otter-1']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('which looks like https://host')]);
  });

  test('that is away', async () => {
    const free = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const report = await reportOf(['-u', `http://127.0.0.1:${port}`]);
    expect(report.names).toEqual([...MACHINE, 'address', '!server']);
    expect(report.last.advice).toContain('still running');
  });

  test('that is another program, or a tunnel without its server', async () => {
    let headers: Record<string, string> = {};
    const other = createServer((_, response) => response.writeHead(404, headers).end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    try {
      expect((await reportOf(['-u', url])).last.advice).toContain('a safelight server?');
      headers = { 'ngrok-error-code': 'ERR_NGROK_3200' };
      expect((await reportOf(['-u', url])).last.text).toContain('ERR_NGROK_3200');
    } finally {
      other.close();
    }
  });
});
