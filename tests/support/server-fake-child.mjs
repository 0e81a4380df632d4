// A stand-in for engine-child.js that speaks its messages; the prompt says how it behaves. Plain JS: it is forked as it is.
import { existsSync, writeFileSync } from 'node:fs';

const IMAGE = { type: 'image', image: 0, width: 8, height: 8, format: 'png', sha256: 'x' };
const pending = new Map();
const open = new Set();

function send(message) {
  process.send(message);
}

async function run({ jobId, modelDir, params }) {
  if (modelDir === 'damaged') {
    return send({ type: 'error', jobId, body: { code: 'MODEL_INVALID', message: 'the graph is damaged' } });
  }
  if (!open.has(modelDir)) send({ type: 'event', jobId, event: { type: 'stage', name: 'load', fraction: 0.5 } });
  if (modelDir === 'endless') return;
  open.add(modelDir);
  send({ type: 'event', jobId, event: { type: 'stage', name: 'encode' } });
  if (params.prompt === 'crash') process.kill(process.pid, 'SIGKILL');
  if (params.prompt === 'abort') process.abort();
  if (params.prompt.startsWith('abort once ')) {
    const mark = params.prompt.slice('abort once '.length);
    const bytes = new Uint8Array([1]);
    send({ type: 'event', jobId, event: { ...IMAGE, seed: params.seed, bytes } });
    if (!existsSync(mark)) {
      writeFileSync(mark, '');
      // The picture must be on its way before the end.
      return setTimeout(() => process.abort(), 50);
    }
    send({ type: 'event', jobId, event: { ...IMAGE, image: 1, seed: params.seed + 1, bytes } });
    return send({ type: 'done', jobId });
  }
  if (params.prompt === 'silent') return;
  if (params.prompt === 'refuse') {
    return send({ type: 'error', jobId, body: { code: 'OUT_OF_MEMORY', message: 'not enough memory' } });
  }
  if (params.prompt === 'hang') {
    await new Promise((resolve) => pending.set(jobId, resolve));
    return send({ type: 'cancelled', jobId });
  }
  const bytes = new Uint8Array([process.pid & 255, 1, 2]);
  send({ type: 'event', jobId, event: { ...IMAGE, seed: params.seed, bytes } });
  return send({ type: 'done', jobId });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'generate') run(message);
  if (message.type === 'cancel') {
    console.error(`cancel ${message.jobId}`);
    pending.get(message.jobId)?.();
  }
  if (message.type === 'previews') console.error(`previews ${message.maxPerSecond} ${message.encodeMs}`);
});
console.log(`started ${process.pid}`);
