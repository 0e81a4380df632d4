// A stand-in for engine-child.js that speaks its messages; the prompt says how it behaves. Plain JS: it is forked as it is.
const [modelDir] = process.argv.slice(2);
const pending = new Map();

function send(message) {
  process.send(message);
}

async function run({ jobId, params }) {
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
if (modelDir === 'damaged') {
  send({ type: 'loadFailed', body: { code: 'MODEL_INVALID', message: 'the graph is damaged' } });
  process.exitCode = 1;
  process.disconnect();
} else {
  console.log(`started ${process.pid}`);
  send({ type: 'loading', fraction: 0.5 });
  send({ type: 'ready' });
}
