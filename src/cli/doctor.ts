/** `safelight doctor`: looks at this machine and at a server, and tells what to do about what is wrong. */
import { type Check, passed } from '../client/check.js';
import { checkServer } from '../client/check-server.js';
import { type PreviewChoice, settingsFile } from '../client/settings.js';
import { toPrintable } from '../protocol/printable.js';
import { checkMachine } from './check-machine.js';
import { checkProxy } from './check-proxy.js';
import { checkTunnel } from './check-tunnel.js';
import { configDir } from './env.js';
import type { IngressOptions } from './tunnel-options.js';

export interface DoctorOptions extends IngressOptions {
  /** Left out = no server is looked at. */
  apiUrl?: string | undefined;
  token?: string | undefined;
  preview?: PreviewChoice | undefined;
  json?: boolean;
}

const NAME_COLUMNS = 10;
const NO_SERVER = 'none is set: pictures are made on this machine. With -u URL, or a profile in';

/** @returns the exit code: 1 when something is wrong */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { json = false } = options;
  const checks: Check[] = [];
  for await (const check of checkAll(options)) {
    checks.push(check);
    if (!json) process.stdout.write(`${toPrintable(toLines(check))}\n`);
  }
  const isOk = checks.every((check) => check.isOk);
  if (json) process.stdout.write(`${JSON.stringify({ ok: isOk, checks: checks.map(toJson) })}\n`);
  return isOk ? 0 : 1;
}

async function* checkAll({ apiUrl, token, preview = 'auto', ...tunnel }: DoctorOptions) {
  yield* checkMachine(preview);
  yield await checkTunnel(tunnel);
  yield* checkProxy(apiUrl);
  if (apiUrl !== undefined) yield* checkServer(apiUrl, token);
  else yield passed('server', `${NO_SERVER} ${settingsFile(configDir())}, that server is looked at`);
}

/** The advice stands under what it is about. */
function toLines({ name, isOk, text, advice }: Check): string {
  const line = `${isOk ? 'ok  ' : 'fail'}  ${name.padEnd(NAME_COLUMNS)}${text}`;
  return advice === undefined ? line : `${line}\n${' '.repeat(6 + NAME_COLUMNS)}→ ${advice}`;
}

function toJson({ name, isOk, text, advice }: Check) {
  return { name, ok: isOk, text, ...(advice !== undefined && { advice }) };
}
