/** A graph that is watched: keeps the float inputs of every run, to see latents that no event carries. */
import type { Session } from '../../src/engine/session.js';

export function recorded(session: Session, input: string): { session: Session; inputs: Float32Array[] } {
  const inputs: Float32Array[] = [];
  const run: Session['run'] = (feeds) => {
    inputs.push(Float32Array.from(feeds[input].data));
    return session.run(feeds);
  };
  return { session: { ...session, run }, inputs };
}
