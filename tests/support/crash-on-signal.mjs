// Loaded into a command under test by NODE_OPTIONS: a bug strikes when the test says so. Plain JS: it is imported as it is.
process.on('SIGUSR2', () => {
  throw new Error('a bug, as the test ordered');
});
