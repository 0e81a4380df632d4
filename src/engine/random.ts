/**
 * torch's CPU generator: the 32-bit Mersenne Twister and both of torch.randn's normal kernels, so that a seed gives the
 * noise that diffusers and ComfyUI start from. Source: ATen/native/cpu/DistributionTemplates.h (`normal_fill`, and the
 * Box–Muller pair of core/DistributionsHelper.h); checked against torch 2.13.0 by tests/goldens/noise.json.
 */

export interface TorchGenerator {
  /** The next `count` standard normal values; the generator goes on between calls. */
  randn(count: number): Float32Array;
}

const STATE_WORDS = 624;
const SHIFT_WORDS = 397;
/** From this length on torch fills in blocks. */
const BLOCK = 16;

/** @param seed 0 … 2^32 − 1: torch uses the low 32 bits */
export function createTorchGenerator(seed: number): TorchGenerator {
  const nextWord = createMersenneTwister(seed);
  let spare: number | undefined;

  /** The low 24 bits as a float32 in [0, 1). */
  const uniform24 = () => (nextWord() & 0xffffff) / 2 ** 24;
  /** 53 bits of two words, the first one high, as a double in [0, 1). */
  const uniform53 = () => {
    const high = nextWord();
    return ((high & 0x1fffff) * 2 ** 32 + nextWord()) / 2 ** 53;
  };

  /** Few values: one by one in double precision; Box–Muller gives two, and the second waits for the next call. */
  function next(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const u1 = uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-uniform53()));
    spare = radius * Math.sin(2 * Math.PI * u1);
    return radius * Math.cos(2 * Math.PI * u1);
  }

  /** Many values: uniforms first, then turned in place, eight pairs a block; a last odd block is drawn afresh. */
  function fill(count: number): Float32Array {
    const values = Float32Array.from({ length: count }, uniform24);
    for (let start = 0; start + BLOCK <= count; start += BLOCK) turnBlock(values.subarray(start, start + BLOCK));
    if (count % BLOCK === 0) return values;
    const last = values.subarray(count - BLOCK);
    for (let i = 0; i < BLOCK; i++) last[i] = uniform24();
    turnBlock(last);
    return values;
  }

  return {
    randn: (count) => (count < BLOCK ? Float32Array.from({ length: count }, next) : fill(count)),
  };
}

/** Box–Muller: uniforms j and j + 8 become a pair of normals. */
function turnBlock(block: Float32Array): void {
  const half = BLOCK / 2;
  for (let j = 0; j < half; j++) {
    const radius = Math.fround(Math.sqrt(-2 * Math.log(Math.fround(1 - block[j]))));
    const angle = Math.fround(Math.fround(2 * Math.PI) * block[j + half]);
    block[j] = radius * Math.cos(angle);
    block[j + half] = radius * Math.sin(angle);
  }
}

/** MT19937 (Matsumoto and Nishimura, 1998). @returns the next 32-bit word, unsigned */
function createMersenneTwister(seed: number): () => number {
  const state = new Uint32Array(STATE_WORDS);
  state[0] = seed;
  for (let i = 1; i < STATE_WORDS; i++) {
    const previous = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(1812433253, previous) + i;
  }
  let index = STATE_WORDS;

  function refill(): void {
    for (let i = 0; i < STATE_WORDS; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % STATE_WORDS] & 0x7fffffff);
      state[i] = state[(i + SHIFT_WORDS) % STATE_WORDS] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    index = 0;
  }

  return () => {
    if (index === STATE_WORDS) refill();
    let word = state[index++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}
