import { describe, expect, it } from 'vitest';
import { isComplaint, toCloudflaredCode, toCloudflaredNews } from '../../../src/server/tunnel/cloudflared-output.js';

const AT = '2026-11-25T18:00:00Z';

describe('a line of cloudflared', () => {
  it.each([
    [
      'the address, in its box',
      `${AT} INF |  https://buffalo-marco-cardiff.trycloudflare.com                        |`,
      { type: 'url', url: 'https://buffalo-marco-cardiff.trycloudflare.com' },
    ],
    [
      'a connection',
      `${AT} INF Registered tunnel connection connIndex=0 connection=830bf962 event=0 ip=198.41.192.167 protocol=quic`,
      { type: 'registered' },
    ],
    [
      'a connection, as it was said before',
      `${AT} INF Connection 5c313303-b31f registered connIndex=1`,
      { type: 'registered' },
    ],
    ['a loss', `${AT} INF Retrying connection in up to 2s connIndex=0 event=0 ip=198.41.192.57`, { type: 'lost' }],
    [
      'where it asks for one',
      `failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp`,
      undefined,
    ],
    ['anything else', `${AT} INF Requesting new quick Tunnel on trycloudflare.com...`, undefined],
  ])('%s', (_, line, news) => {
    expect(toCloudflaredNews(line)).toEqual(news);
  });

  it('may say why it ends', () => {
    expect(isComplaint('failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp')).toBe(
      true,
    );
    expect(isComplaint(`${AT} ERR Error unmarshaling QuickTunnel response: error code: 1015`)).toBe(true);
    expect(isComplaint(`${AT} INF Initial protocol quic`)).toBe(false);
  });

  it('that was too many has a code', () => {
    expect(toCloudflaredCode('ERR … error code: 1015 status_code="429 Too Many Requests"')).toBe('CLOUDFLARE_1015');
    expect(toCloudflaredCode('failed to request quick Tunnel')).toBeUndefined();
  });
});
