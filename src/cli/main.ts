#!/usr/bin/env node
/** The `safelight` command's entry: refuses an old Node in words, then loads only what the command line needs. */

const NEEDED_NODE = 22;

// `safelight --help | head` closes the pipe early; that is no error of anybody's. Nor is a window that is closed: SIGHUP
// decides whether the program ends with it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    if (error.code !== 'EIO') throw error;
  });
}

const [major] = process.versions.node.split('.');
if (Number(major) < NEEDED_NODE) {
  const how = 'inside the project `npm start` brings its own';
  console.error(
    `safelight needs Node ${NEEDED_NODE} or newer; this is ${process.version}. Install one, or use npm: ${how}.`,
  );
  process.exitCode = 2;
} else {
  const { run } = await import('./program.js');
  process.exitCode = await run(process.argv.slice(2));
}
