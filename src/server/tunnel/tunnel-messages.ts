/** What crosses the pipe between the server and a tunnel's process. */

/** The secrets go this way: a command line or an environment can be read by others. */
export type ChildSettings =
  | {
      kind: 'ngrok';
      upstream: string;
      authtoken: string;
      domain: string | undefined;
      ingress: string | undefined;
      caFile: string | undefined;
      heartbeatSeconds: number;
    }
  | { kind: 'cloudflared'; upstream: string; lostMs: number };

export type NgrokSettings = Extract<ChildSettings, { kind: 'ngrok' }>;
export type CloudflaredSettings = Extract<ChildSettings, { kind: 'cloudflared' }>;

/** Why it is over: a code of `tunnel-errors.ts`, where there is one, and what was said. */
export interface TunnelEnd {
  code?: string | undefined;
  text: string;
}

export type FromTunnelChild = { type: 'up'; url: string } | ({ type: 'failed' } & TunnelEnd);
