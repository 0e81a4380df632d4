/** Films a session: looks at its screen at a fixed rate, and tells how long each look stood. */

const FRAME_MS = 80;

/** @returns how to stop; stopping gives `{svg, ms}` for each screen that differs from the one before */
export function startFilm(session) {
  const shots = [];
  let isRunning = true;
  const filming = film();

  async function film() {
    for (let next = performance.now(); isRunning; next += FRAME_MS) {
      const svg = await session.shoot();
      if (shots.at(-1)?.svg !== svg) shots.push({ svg, at: performance.now() });
      await new Promise((done) => setTimeout(done, next + FRAME_MS - performance.now()));
    }
  }

  return async function stop() {
    isRunning = false;
    await filming;
    const end = performance.now();
    return shots.map(({ svg, at }, index) => ({ svg, ms: Math.round((shots[index + 1]?.at ?? end) - at) }));
  };
}
