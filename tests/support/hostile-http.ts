/** HTTP requests as nobody should send them: every documented route, with wrong segments, methods, headers and bodies. */
import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { GenerationParamsSchema } from '../../src/protocol/params.js';
import { hostileJson } from './hostile-json.js';
import { JOB_IDS, valuesOf } from './schema-values.js';

type Header = readonly [name: string, value: string];

export interface HostileRequest {
  method: string;
  path: string;
  /** The last of a name is the one that is meant. */
  headers: Header[];
  body: Buffer;
}

/** `[method, path]` as docs/protocol.md lists them, so that a new route is tried as well. */
const ROUTES = [
  ...readFileSync(resolve(import.meta.dirname, '../../docs/protocol.md'), 'utf8').matchAll(
    /`(GET|PUT|POST|DELETE) (\/[\w/{}]*)`/g,
  ),
].map(([, method, path]) => [method, path] as const);

const SEGMENTS = [
  ...['..', '.', '', '%', '%zz', '%00', '%ff', '%2e%2e', '%2f', '..%2f..%2f..%2fetc%2fpasswd', '%c0%ae%c0%ae', '%5c..'],
  ...['__proto__', 'constructor', 'undefined', 'null', 'NaN', '-1', '1e3', '0x0', '00000', '99999', '%D9%A1', '~', '*'],
  ...['images', ';a=b', '?a=b', '?%', '#x', 'a:b@c', '//evil.example', '%0d%0aX-Evil:1', 'a'.repeat(4000), '%41'],
  ...['.request.json', '6f1f3f0e-3c3b-4d0e-9f5e-0d8a4c1b2a30.state.json', '6F1F3F0E-3C3B-4D0E-9F5E-0D8A4C1B2A30'],
];
/** Before a path: what a proxy is asked for. */
const AUTHORITIES = [
  'http://127.0.0.1',
  'http://me:secret@127.0.0.1',
  'https://evil.example',
  'file://',
  'http://[',
  '//',
];
const RANGES = [
  ...['bytes=0-', 'bytes=-1', 'bytes=0-0', 'bytes=-0', 'bytes=-', 'bytes=9-1', 'bytes=0-1,2-3', 'bytes=a-b', 'bytes'],
  ...[
    'lines=0-1',
    'bytes=-99999999999999999999',
    'bytes=99999999999999999999-',
    'bytes=0-1e3',
    'bytes=0x0-1',
    ' ',
    '=-',
  ],
  ...[
    `bytes=${'9'.repeat(400)}-`,
    `bytes=0-${'9'.repeat(400)}`,
    `bytes=${'0-0,'.repeat(1000)}`,
    'bytes=\xb2-\xb3',
    'bytes=0--1',
  ],
];
const HEADERS: Header[] = [
  ...['"x"', '*', 'W/"x"', 'Wed, 21 Oct 2015 07:28:00 GMT', '\xff'].map((value) => ['if-range', value] as const),
  ...['*', '"x"', 'W/"x", "y"', ','.repeat(3000), '"'].map((value) => ['if-none-match', value] as const),
  ...['text/plain; charset=utf-16', 'multipart/form-data', '/'].map((value) => ['content-type', value] as const),
  ...['null', 'https://evil.example', '', 'file://'].map((value) => ['origin', value] as const),
  ...['', 'a b', 'evil.example', '[::1', 'x:99999', 'user:pass@x', '\xff'].map((value) => ['host', value] as const),
  ...['100-continue', 'nonsense'].map((value) => ['expect', value] as const),
  ...['gzip', 'br', 'x'].map((value) => ['content-encoding', value] as const),
  ...['a=b', '__proto__=1', ';'.repeat(3000)].map((value) => ['cookie', value] as const),
  ...['close', 'authorization', 'x, y', 'Upgrade'].map((value) => ['connection', value] as const),
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', '127.0.0.1'],
  ['accept-charset', 'utf-16'],
  ['upgrade', 'h2c'],
  ['te', 'chunked'],
  ['__proto__', 'polluted'],
  ['constructor', 'polluted'],
];
const GENERATE_NAMES: Record<string, string> = { initImage: 'init_image_base64', maskImage: 'mask_base64' };

/** @param token the right one, which most requests show: strangers do not come far  @param pictureJob has a finished picture */
export function hostileRequests(token: string, pictureJob: string): fc.Arbitrary<HostileRequest> {
  const segment = fc.oneof(fc.constantFrom(...SEGMENTS), fc.string().map(encodeURIComponent));
  const id = fc.oneof(fc.constant(pictureJob), fc.constantFrom(...JOB_IDS));
  const path = (template: string) =>
    fc
      .tuple(
        fc.oneof({ weight: 5, arbitrary: id }, segment),
        fc.oneof({ weight: 5, arbitrary: fc.constant('0') }, segment),
      )
      .map(([job, n]) => template.replace(/\{(uu)?id\}/, () => job).replace('{n}', () => n));
  const anyPath = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  const absolute = (paths: fc.Arbitrary<string>) =>
    fc.tuple(fc.constantFrom(...AUTHORITIES), paths).map(([authority, rest]) => `${authority}${rest}`);
  const anyMethod = fc.constantFrom(...METHODS.filter((method) => method !== 'CONNECT'));
  return fc.constantFrom(...ROUTES).chain(([method, template]) =>
    fc.record({
      method: fc.oneof({ weight: 6, arbitrary: fc.constant(method) }, anyMethod),
      path: fc.oneof(
        { weight: 16, arbitrary: path(template) },
        { weight: 2, arbitrary: anyPath },
        absolute(path(template)),
      ),
      headers: fc
        .tuple(authorizations(token), ranges, oddHeaders)
        .map((headers) => [['host', '127.0.0.1'], ...headers.flat()]),
      body: method === 'GET' || method === 'DELETE' ? fc.option(bodies, { freq: 3, nil: NO_BODY }) : bodies,
    }),
  );
}

const NO_BODY = Buffer.alloc(0);
const ranges = fc.option(
  fc.constantFrom(...RANGES).map((range): Header[] => [['range', range]]),
  { freq: 2, nil: [] },
);
const oddHeaders = fc.oneof(fc.constant<Header[]>([]), fc.array(fc.constantFrom(...HEADERS), { maxLength: 2 }));

function authorizations(token: string): fc.Arbitrary<Header[]> {
  const wrong = [
    'Bearer',
    `Basic ${token}`,
    `Bearer ${token}x`,
    token,
    `Bearer ${'x'.repeat(5000)}`,
    'Bearer \xff',
    '',
  ];
  const authorization = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(`Bearer ${token}`, `bearer   ${token}`) },
    fc.constantFrom(...wrong),
  );
  return authorization.map((value): Header[] => (value === '' ? [] : [['authorization', value]]));
}

/** As `PUT /jobs/{id}` takes them, plain or wrapped, and by the names of `POST /generate`. */
const params = valuesOf(GenerationParamsSchema) as fc.Arbitrary<Record<string, unknown>>;
const bodies = hostileJson(
  fc.tuple(params, fc.constantFrom('plain', 'wrapped', 'generate')).map(([fields, kind]) => {
    if (kind === 'plain') return fields;
    if (kind === 'wrapped') return { params: fields };
    const { prompt, ...rest } = fields;
    return {
      prompt,
      params: Object.fromEntries(Object.entries(rest).map(([name, value]) => [GENERATE_NAMES[name] ?? name, value])),
    };
  }),
);

/** The same on the wire, and then with bytes cut, changed, doubled or put between. */
export function hostileBytes(requests: fc.Arbitrary<HostileRequest>): fc.Arbitrary<Buffer> {
  const noise = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('\0', '\r\n', '\n', '\r\n\r\n', ' ', ':', 'HTTP/9.9', 'Transfer-Encoding: chunked\r\n')
      .map((text) => Buffer.from(text, 'latin1')),
    fc
      .constantFrom('Content-Length: 99\r\n', 'Content-Length: -1\r\n', `X: ${'x'.repeat(20_000)}\r\n`)
      .map((text) => Buffer.from(text, 'latin1')),
  );
  const how = fc.constantFrom('cut', 'change', 'insert', 'insert', 'double', 'whole');
  const spoilt = fc.tuple(requests.map(toBytes), how, fc.nat(1_000_000), noise).map(([bytes, kind, at, extra]) => {
    const start = at % (bytes.length + 1);
    const [before, after] = [bytes.subarray(0, start), bytes.subarray(start)];
    if (kind === 'cut') return before;
    if (kind === 'change') return Buffer.concat([before, extra, after.subarray(extra.length)]);
    if (kind === 'insert') return Buffer.concat([before, extra, after]);
    return kind === 'double' ? Buffer.concat([bytes, before]) : bytes;
  });
  return fc.oneof({ weight: 5, arbitrary: spoilt }, noise);
}

/** Its lines as they go over the wire. */
export function headersOf({ headers, body }: HostileRequest): Header[] {
  const length = body.length === 0 ? [] : [['content-length', String(body.length)] as const];
  return [...new Map([...length, ...headers])];
}

function toBytes(request: HostileRequest): Buffer {
  const lines = headersOf(request).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    request.body,
  ]);
}
