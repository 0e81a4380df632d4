#!/usr/bin/env node
// Prints what cloudflared prints for a quick tunnel, and does what FAKE_CLOUDFLARED says. Found on the PATH under its real name.
import { appendFileSync } from 'node:fs';

const say = (level, words) => console.error(`${new Date().toISOString().slice(0, 19)}Z ${level} ${words}`);
const mode = process.env.FAKE_CLOUDFLARED ?? 'up';
const notes = process.env.FAKE_CLOUDFLARED_NOTES;
if (notes !== undefined) appendFileSync(notes, `${process.pid} ${process.argv.slice(2).join(' ')}\n`);

say(
  'INF',
  'Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment.',
);
say('INF', 'Requesting new quick Tunnel on trycloudflare.com...');
if (mode === 'limited') {
  say(
    'ERR',
    'Error unmarshaling QuickTunnel response: error code: 1015 error="invalid character" status_code="429 Too Many Requests"',
  );
  process.exit(1);
}
if (mode === 'no-network') {
  console.error('failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: no such host');
  process.exit(1);
}
say('INF', '+--------------------------------------------------------------------+');
say('INF', '|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |');
say('INF', `|  https://quiet-lamp-${process.pid}.trycloudflare.com  |`);
say('INF', '+--------------------------------------------------------------------+');
say('INF', 'Initial protocol quic');
say(
  'INF',
  'Registered tunnel connection connIndex=0 connection=830bf962 event=0 ip=198.41.192.167 location=lax08 protocol=quic',
);
if (mode === 'lost') {
  say('ERR', 'Serve tunnel error error="timeout: no recent network activity" connIndex=0 event=0 ip=198.41.192.57');
  say('INF', 'Retrying connection in up to 1s connIndex=0 event=0 ip=198.41.192.57');
}
setInterval(() => {}, 1000);
