/** Whether an address leads to this machine, which needs no proxy and whose traffic costs nothing. */

const THIS_MACHINE = /^(localhost|.*\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])\.?$/;

/** @param hostname of a `URL`: in lower case, an IPv6 address in brackets */
export function isThisMachine(hostname: string): boolean {
  return THIS_MACHINE.test(hostname);
}
