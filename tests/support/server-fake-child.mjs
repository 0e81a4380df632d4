// A stand-in for engine-child.js that speaks its messages; the prompt says how it behaves. Plain JS: it is forked as it is.
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
  if (params.prompt === 'refuse') {
    return send({ type: 'error', jobId, body: { code: 'OUT_OF_MEMORY', message: 'not enough memory' } });
  }
  if (params.prompt === 'hang') {
    await new Promise((resolve) => pending.set(jobId, resolve));
    return send({ type: 'cancelled', jobId });
  }
  const bytes = new Uint8Array([process.pid & 255, 1, 2]);
  const image = { type: 'image', image: 0, seed: params.seed, width: 8, height: 8, format: 'png', sha256: 'x', bytes };
  send({ type: 'event', jobId, event: image });
  return send({ type: 'done', jobId });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'generate') run(message);
  if (message.type === 'cancel') pending.get(message.jobId)?.();
  if (message.type === 'previews') console.error(`previews ${message.maxPerSecond}`);
});
console.log(`started ${process.pid}`);
