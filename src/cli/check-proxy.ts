/** Says which proxy the environment names, and whether it leads to the server; without its password. */
import { isAddress, parseAddress } from '../client/address.js';
import { type Check, failed, passed } from '../client/check.js';
import { chooseProxy, describeProxy, hasProxy } from '../client/proxy-choice.js';
import { toWords } from './failure.js';

const HUB_URL = 'https://huggingface.co';

/** Nothing where the environment names none. @param apiUrl the server; left out = the model hub, for `models pull` */
export function* checkProxy(apiUrl: string | undefined): Generator<Check> {
  if (!hasProxy(process.env)) return;
  const url = apiUrl !== undefined && isAddress(apiUrl) ? parseAddress(apiUrl).http : HUB_URL;
  const { host } = new URL(url);
  try {
    const proxy = chooseProxy(url, process.env);
    const direct = `not used for ${host}: it is this machine, NO_PROXY lists it, or no variable is for its scheme`;
    yield passed('proxy', proxy === undefined ? direct : `${describeProxy(proxy)} leads to ${host}`);
  } catch (thrown) {
    yield failed('proxy', toWords(thrown));
  }
}
