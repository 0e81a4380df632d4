/** `safelight serve` as a process of its own, with limits for hundreds of watchers, and what can be read of it from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const SAFELIGHT = resolve(import.meta.dirname, '../../dist/cli/main.js');
const TOKEN = 'bench-token-0123456789abcdef';
const LIMITS = [
  '--max-connections',
  '2000',
  '--max-sockets',
  '2000',
  '--max-submits',
  '1000',
  '--max-messages',
  '1000',
];

export async function startServe() {
  const dataDir = await mkdtemp(join(tmpdir(), 'safelight-bench-'));
  const args = [SAFELIGHT, 'serve', '--port', '0', '--token', TOKEN, '--data-dir', dataDir, ...LIMITS];
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, args, { env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), closed]);
  const url = String(line).match(/http:\/\/[^\s/]+/)?.[0];
  if (url === undefined) throw new Error(`serve did not start: ${line}\n${errors}`);

  const request = async (path, init = {}) => {
    const answer = await fetch(url + path, { ...init, headers: { authorization: `Bearer ${TOKEN}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  return {
    url,
    token: TOKEN,
    submit: (jobId, params) => request(`/jobs/${jobId}`, { method: 'PUT', body: JSON.stringify(params) }),
    cancel: (jobId) => request(`/jobs/${jobId}`, { method: 'DELETE' }),
    /** Values by name with labels, as Prometheus would read them. */
    async metrics() {
      const lines = (await (await request('/metrics')).text()).split('\n');
      return new Map(lines.map((each) => each.split(/ (?=\S+$)/)).map(([name, value]) => [name, Number(value)]));
    },
    rssBytes: () => readRss(child.pid),
    cpuMs: () => readCpuMs(child.pid),
    async stop() {
      child.kill('SIGTERM');
      await closed;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** As the kernel counts it, now and at its highest. */
async function readRss(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+) kB`))[1]) * 1024;
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** User and system time; the kernel counts in hundredths of a second. */
async function readCpuMs(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (utime + stime) * 10;
}
