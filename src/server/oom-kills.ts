/** Was a process killed because memory ran out, or by hand? Linux counts the former (proc_vmstat: `oom_kill`). */
import { readFileSync } from 'node:fs';

/** Since the machine started. @returns 0 where the system does not count them */
export function countOomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // not Linux, or a sandbox that hides it
  }
}
