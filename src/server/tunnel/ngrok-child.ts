/** EDGE: the only import of @ngrok/ngrok. One session of it, in a process of its own, which ends with it. Started by `tunnel-process.ts`. */
import { toNgrokEnd } from './ngrok-failure.js';
import type { FromTunnelChild, NgrokSettings, TunnelEnd } from './tunnel-messages.js';

/** Two beats without an answer, and half of one for the answer. After one only, the line may have lost some packets: a session lives through that. */
const MAX_SILENT_BEATS = 2.5;
/** Of a beat: what ngrok's own agent grants its service, 15 s for one each 10 s. */
const TOLERANCE_BEATS = 1.5;

let isOver = false;

/** Why a process of its own: the library waits for ever, backs off to hours, and never closes its session. */
function end(why: TunnelEnd): void {
  if (isOver) return;
  isOver = true;
  const message: FromTunnelChild = { type: 'failed', ...why };
  if (process.connected) process.send?.(message, undefined, undefined, () => process.exit(1));
  else process.exit(1);
}

async function importNgrok() {
  try {
    return (await import('@ngrok/ngrok')).default;
  } catch (error) {
    end({ code: 'NGROK_MISSING', text: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

/** A line can die without a word; the library would wait for the system to notice, which takes a quarter of an hour. */
function createSilenceWatch(silenceMs: number): { heard(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    heard() {
      clearTimeout(timer);
      timer = setTimeout(() => end({ text: 'ngrok’s service does not answer any more' }), silenceMs);
    },
  };
}

async function run(settings: NgrokSettings): Promise<void> {
  const { upstream, authtoken, domain, ingress, caFile, heartbeatSeconds } = settings;
  const ngrok = await importNgrok();
  if (ngrok === undefined) return;
  const watch = createSilenceWatch(heartbeatSeconds * MAX_SILENT_BEATS * 1000);
  const builder = new ngrok.SessionBuilder()
    .authtoken(authtoken)
    .heartbeatInterval(heartbeatSeconds)
    .heartbeatTolerance(Math.ceil(heartbeatSeconds * TOLERANCE_BEATS))
    // Its types promise a number; a beat without an answer is told as null, and only told: nothing comes of it.
    .handleHeartbeat((latencyMs: number | null) => void (latencyMs === null || watch.heard()))
    .handleDisconnection((_address, error) => {
      // After the library has heard the answer: it must not try again by itself.
      setTimeout(() => end({ text: `ngrok’s session was lost: ${error}` }), 0);
      return false;
    });
  if (ingress !== undefined) builder.serverAddr(ingress);
  if (caFile !== undefined) builder.rootCas(caFile);
  const session = await builder.connect();
  watch.heard();
  const endpoint = session.httpEndpoint();
  if (domain !== undefined) endpoint.domain(domain);
  const listener = await endpoint.listenAndForward(upstream);
  listener.join().then(
    () => end({ text: 'ngrok’s session ended' }),
    (error) => end(toNgrokEnd(error)),
  );
  const message: FromTunnelChild = { type: 'up', url: listener.url() ?? '' };
  process.send?.(message);
}

process.title = 'safelight-tunnel';
process.on('disconnect', () => process.exit(0));
// Ctrl-C, and the end of the terminal, reach every process there; what they mean is the parent's business.
process.on('SIGINT', () => {}).on('SIGHUP', () => {});
process.once('message', (settings) => void run(settings as NgrokSettings).catch((error) => end(toNgrokEnd(error))));
