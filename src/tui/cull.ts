/** Makes a contact sheet: every seed is begun, and let go as soon as its look after the asked steps is on screen. */
import type { ImageEvent, PreviewEvent } from '../client/client.js';
import type { KeptClient } from '../client/kept-client.js';
import { expandPrompts, type Wildcards } from '../client/wildcards.js';
import type { GenerationRequest } from '../protocol/params.js';
import type { Jobs } from './jobs.js';
import type { Pictures } from './pictures.js';
import { pickedOf, toSeeds } from './state/cull-state.js';
import type { Store } from './store.js';

export interface Cull {
  start(request: GenerationRequest, firstSeed: number, options: { seeds: number; steps: number }): void;
  /** Makes whole pictures of the picked, and ends the sheet. */
  finish(): void;
  /** Ends the sheet and what still develops. */
  stop(): void;
}

export interface CullDeps {
  client: Pick<KeptClient, 'generate' | 'download' | 'ack'>;
  readList: Wildcards['readList'];
  store: Store;
  jobs: Pick<Jobs, 'start'>;
  pictures: Pick<Pictures, 'show'>;
}

/** Of a frame's picture on screen. */
export function frameSlot(index: number): string {
  return `cull ${index}`;
}

export function createCull({ client, readList, store, jobs, pictures }: CullDeps): Cull {
  let stopping = new AbortController();
  /** Each seed draws its own words. */
  const toFrame = (request: GenerationRequest, seed: number) => expandPrompts({ ...request, seed, count: 1 }, readList);

  async function develop(request: GenerationRequest, seed: number, index: number, steps: number, sheet: AbortSignal) {
    const tell = (change: { state?: 'developing' | 'developed' | 'failed'; step?: number }) => {
      if (!sheet.aborted) store.dispatch({ type: 'cullFrame', seed, change });
    };
    const enough = new AbortController();
    let isDeveloped = false;
    const look = (preview: PreviewEvent) => {
      void pictures.show(frameSlot(index), preview).catch(() => {}); // the next look comes soon
      // A busy server makes few previews: the first one that is late enough counts.
      if (preview.step < steps) return;
      isDeveloped = true;
      enough.abort();
    };
    /** Where steps are slow, previews get so little of the time that none may come so late: then it is the whole picture. */
    const lookAtWhole = async (image: ImageEvent) => {
      await pictures.show(frameSlot(index), await client.download(image, { signal: sheet }));
      isDeveloped = true;
    };
    try {
      const signal = AbortSignal.any([sheet, enough.signal]);
      for await (const event of client.generate(await toFrame(request, seed), { signal })) {
        if (event.type === 'started') tell({ state: 'developing' });
        if (event.type === 'progress') tell({ step: Math.min(event.step, steps) });
        if (event.type === 'preview' && !sheet.aborted) look(event);
        if (event.type === 'image' && !isDeveloped) await lookAtWhole(event);
        if (event.type === 'completed') client.ack(event.jobId);
        if (event.type === 'failed') return tell({ state: 'failed' });
      }
      tell({ state: isDeveloped ? 'developed' : 'failed' });
    } catch {
      tell({ state: 'failed' }); // what broke is told by the link and the queue; the other frames go on
    }
  }

  return {
    start(request, firstSeed, { seeds: count, steps }) {
      stopping = new AbortController();
      const { signal } = stopping;
      const seeds = toSeeds(firstSeed, count);
      store.dispatch({ type: 'cullStarted', request, seeds, steps });
      // The server makes them one after another; all wait there, so that none waits for the line.
      for (const [index, seed] of seeds.entries()) void develop(request, seed, index, steps, signal);
    },
    finish() {
      const { cull } = store.getState();
      if (cull === undefined) return;
      const picked = pickedOf(cull);
      this.stop();
      for (const seed of picked) void toFrame(cull.request, seed).then(jobs.start, () => {}); // it was told when the sheet began
    },
    stop() {
      stopping.abort();
      store.dispatch({ type: 'cullEnded' });
    },
  };
}
