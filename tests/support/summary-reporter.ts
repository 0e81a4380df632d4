/** Prints the one line that CI reads, after every other reporter has spoken: `N passed, N failed`. */
import type { Reporter, TestModule } from 'vitest/node';

function countOf(modules: ReadonlyArray<TestModule>, state: 'passed' | 'failed'): number {
  let count = 0;
  for (const module of modules) for (const test of module.children.allTests(state)) count += test ? 1 : 0;
  return count;
}

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    // A file that does not load has no tests, and an unhandled error belongs to none: both must show as failures.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const failed = countOf(modules, 'failed') + broken + unhandledErrors.length;
    process.on('exit', () => console.log(`${countOf(modules, 'passed')} passed, ${failed} failed`));
  }
}
