/** A certificate authority and a certificate for this machine, made anew for each stand-in: DER by hand, as a test needs no more of X.509. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const DAY_MS = 24 * 3600_000;
const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x17 } as const;
const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const sequence = (...parts: Uint8Array[]) => der(SEQUENCE, ...parts);
/** Of constructed parts that have a number instead of a type. */
const tagged = (n: number, ...parts: Uint8Array[]) => der(0xa0 | n, ...parts);

function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const septets = [part & 0x7f];
    for (let high = part >> 7; high > 0; high >>= 7) septets.unshift((high & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return der(TAG.oid, Buffer.from(bytes));
}

const name = (commonName: string) =>
  sequence(der(SET, sequence(oid('2.5.4.3'), der(TAG.utf8, Buffer.from(commonName)))));

function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/\D/g, '');
  return der(TAG.time, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function extension(id: string, isCritical: boolean, value: Uint8Array): Buffer {
  const critical = isCritical ? [der(TAG.boolean, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...critical, der(TAG.octets, value));
}

const CA_EXTENSIONS = [
  extension('2.5.29.19', true, sequence(der(TAG.boolean, Buffer.from([0xff])))), // basicConstraints: CA
  extension('2.5.29.15', true, der(TAG.bits, Buffer.from([2, 0x04]))), // keyUsage: keyCertSign
];
const leafExtensions = (host: string) => [
  // subjectAltName: DNS:host, IP:127.0.0.1
  extension('2.5.29.17', false, sequence(der(0x82, Buffer.from(host)), der(0x87, Buffer.from([127, 0, 0, 1])))),
  extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
];

interface Wish {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  /** The issuer's. */
  signingKey: KeyObject;
  extensions: readonly Buffer[];
}

/** @returns PEM */
function issue({ subject, issuer, publicKey, signingKey, extensions }: Wish): string {
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const now = Date.now();
  const body = sequence(
    tagged(0, der(TAG.integer, Buffer.from([2]))), // version 3
    der(TAG.integer, serial),
    algorithm,
    name(issuer),
    sequence(time(now - DAY_MS), time(now + DAY_MS)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions)),
  );
  const signature = der(TAG.bits, Buffer.from([0]), sign('sha256', body, signingKey));
  const lines =
    sequence(body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

export interface Certificates {
  /** What who connects has to trust, PEM. */
  ca: string;
  cert: string;
  key: string;
}

/** @param host the name that the server is reached by */
export function makeCertificates(host = 'localhost'): Certificates {
  const [ca, leaf] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const issuer = 'stand-in of ngrok';
  const signed = { issuer, signingKey: ca.privateKey };
  return {
    ca: issue({ ...signed, subject: issuer, publicKey: ca.publicKey, extensions: CA_EXTENSIONS }),
    cert: issue({ ...signed, subject: host, publicKey: leaf.publicKey, extensions: leafExtensions(host) }),
    key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
