/** Preloaded by `node --import`: every host name is this machine, so that a test has servers which are not called localhost. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const { lookup } = dns;
dns.lookup = (_host, ...rest) => lookup('127.0.0.1', ...rest);
syncBuiltinESMExports();
