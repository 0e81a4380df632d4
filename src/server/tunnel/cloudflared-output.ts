/** Reads what cloudflared prints, line by line: it has no other way to tell how its quick tunnel is. */

export type CloudflaredNews = { type: 'url'; url: string } | { type: 'registered' } | { type: 'lost' };

/** `api` is where it asks for a tunnel, and stands in its errors. */
const URL_OF_TUNNEL = /https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com\b/;
/** The second form is that of versions before 2022.5. */
const REGISTERED = /\bRegistered tunnel connection\b|\bConnection [\w-]+ registered\b/;
const LOST = /\bRetrying connection in\b|\bLost connection with the edge\b|\bUnregistered tunnel connection\b/;
const COMPLAINT = /\b(ERR|FTL)\b|^failed to /;

export function toCloudflaredNews(line: string): CloudflaredNews | undefined {
  const url = URL_OF_TUNNEL.exec(line)?.[0];
  if (url !== undefined) return { type: 'url', url };
  if (REGISTERED.test(line)) return { type: 'registered' };
  return LOST.test(line) ? { type: 'lost' } : undefined;
}

/** A line that may say why it ends. */
export function isComplaint(line: string): boolean {
  return COMPLAINT.test(line);
}

/** Its service lets one address ask for a few tunnels a minute. */
export function toCloudflaredCode(complaint: string): string | undefined {
  return /\b429\b|\berror code: 1015\b/.test(complaint) ? 'CLOUDFLARE_1015' : undefined;
}
