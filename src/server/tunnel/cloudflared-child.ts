/** Runs cloudflared for the server, and ends it when the server is gone: cloudflared itself would not notice. Started by `tunnel-process.ts`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isComplaint, toCloudflaredCode, toCloudflaredNews } from './cloudflared-output.js';
import type { CloudflaredSettings, FromTunnelChild, TunnelEnd } from './tunnel-messages.js';

let cloudflared: ChildProcess | undefined;

function send(message: FromTunnelChild, done?: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => done?.());
  else done?.();
}

function end(why: TunnelEnd): void {
  cloudflared?.kill('SIGKILL');
  send({ type: 'failed', ...why }, () => process.exit(1));
}

function run({ upstream, lostMs }: CloudflaredSettings): void {
  // A group of its own: Ctrl-C in a terminal must not cut it off before the server has said goodbye.
  const child = spawn('cloudflared', ['tunnel', '--no-autoupdate', '--url', upstream], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  cloudflared = child;
  let url: string | undefined;
  let isUp = false;
  let complaint: string | undefined;
  let lostTimer: NodeJS.Timeout | undefined;
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (isComplaint(line)) complaint = line;
    const news = toCloudflaredNews(line);
    if (news?.type === 'url') url = news.url;
    if (news?.type === 'registered') {
      clearTimeout(lostTimer);
      lostTimer = undefined;
      if (url !== undefined && !isUp) send({ type: 'up', url });
      isUp = url !== undefined;
    }
    // It mends its own connection under the same address, which a new process could not keep; but it may try for ever.
    if (news?.type === 'lost')
      lostTimer ??= setTimeout(() => end({ text: 'cloudflared does not reach its service any more' }), lostMs);
  });
  child.on('error', (error: NodeJS.ErrnoException) =>
    end({ code: error.code === 'ENOENT' ? 'CLOUDFLARED_MISSING' : undefined, text: error.message }),
  );
  // 'close', not 'exit': what it said last is read by then.
  child.on('close', (code, signal) => {
    const text = complaint ?? `cloudflared ended with ${signal ?? code}`;
    end({ code: toCloudflaredCode(text), text });
  });
}

process.title = 'safelight-tunnel';
process.on('disconnect', () => {
  cloudflared?.kill('SIGKILL');
  process.exit(0);
});
// They reach every process of a terminal; when to end is told by the pipe.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => {});
process.once('message', (settings) => run(settings as CloudflaredSettings));
