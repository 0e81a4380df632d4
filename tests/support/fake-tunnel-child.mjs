// A tunnel's process that does what the address to lead to says. Plain JS: it is forked as it is.
process.on('disconnect', () => {
  if (!isDeaf) process.exit(0);
});
let isDeaf = false;

process.once('message', ({ upstream, authtoken }) => {
  if (upstream === 'up') process.send({ type: 'up', url: `https://${process.pid}.test` });
  if (upstream === 'crash') {
    console.error(`thread panicked over ${authtoken}`);
    process.exit(3);
  }
  if (upstream === 'refuse') {
    const text = `it is invalid\n\tyour authtoken: ${authtoken}\u001b[2J`;
    process.send({ type: 'failed', code: 'ERR_NGROK_107', text }, () => process.exit(1));
  }
  if (upstream === 'deaf') {
    isDeaf = true;
    setInterval(() => {}, 1000);
    process.send({ type: 'up', url: `https://${process.pid}.test` });
  }
});
