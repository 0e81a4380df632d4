/** One of several processes that add to the same file: `append-lines.mjs MODULE FOLDER NAME COUNT`, as fast as it can. */
const [module, dir, name, count] = process.argv.slice(2);

const { createPromptHistory, createUsage } = await import(module);
for (let n = 0; n < Number(count); n++) {
  if (createPromptHistory !== undefined) await createPromptHistory(dir).add(`${name} ${n}`);
  if (createUsage !== undefined) {
    const meter = createUsage(dir).meter(`http://${name}`);
    meter.add(n);
    await meter.close();
  }
}
