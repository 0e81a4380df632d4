/** Reads what a terminal would of pictures: sixel, kitty and iTerm2 escapes back to files, pixels and places. */
import { decode } from 'sixel';
import type { RgbPicture } from '../../src/tui/graphics/resample.js';

/** What tmux passes on to the terminal around it; everything else is tmux's own. */
export function unwrapTmux(bytes: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
  return bytes.replace(/\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\/g, (_, body: string) =>
    body.replaceAll('\x1b\x1b', '\x1b'),
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
export const SIXEL = /\x1bP[\d;]*q[^\x1b]*\x1b\\/;

/** @throws Error when the picture has pixels that nothing was painted on */
export function readSixel(bytes: string): RgbPicture {
  const body = /q(.*).\\$/s.exec(bytes)?.[1] ?? '';
  const { width, height, data32 } = decode(body, { fillColor: 0 });
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    if (data32[at] >>> 24 === 0) throw new Error(`no colour at ${at % width}, ${Math.floor(at / width)}`);
    pixels.set([data32[at] & 255, (data32[at] >> 8) & 255, (data32[at] >> 16) & 255], at * 3);
  }
  return { width, height, pixels };
}

export interface KittyCommand {
  /** `a`, `i`, `c`, … as they were sent. */
  keys: Record<string, string>;
  /** All chunks of it. */
  payload: Buffer;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
export const KITTY = /\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\/g;

/** @throws Error when the chunks do not follow the protocol's rules */
export function readKitty(bytes: string): KittyCommand[] {
  const commands: KittyCommand[] = [];
  let open: { keys: Record<string, string>; base64: string } | undefined;
  for (const [, text, chunk] of bytes.matchAll(KITTY)) {
    const keys = Object.fromEntries(text.split(',').map((pair) => pair.split('=')));
    if (keys.q !== '2') throw new Error(`the terminal would answer: ${text}`);
    if (chunk.length > 4096) throw new Error(`a chunk of ${chunk.length}`);
    if (open !== undefined && keys.a !== undefined) throw new Error('a command inside a picture');
    open ??= { keys, base64: '' };
    open.base64 += chunk;
    if (keys.m === '1') {
      if (chunk.length % 4 !== 0) throw new Error('a chunk that is no whole base64');
      continue;
    }
    commands.push({ keys: open.keys, payload: Buffer.from(open.base64, 'base64') });
    open = undefined;
  }
  if (open !== undefined) throw new Error('a picture without an end');
  return commands;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
export const INLINE_IMAGE = /\x1b\]1337;File=([^:\x07]*):([^\x07]*)\x07/;

/** @throws Error when the size is not what was announced */
export function readInlineImage(bytes: string): { keys: Record<string, string>; file: Buffer } {
  const [, text = '', base64 = ''] = INLINE_IMAGE.exec(bytes) ?? [];
  const keys = Object.fromEntries(text.split(';').map((pair) => pair.split('=')));
  const file = Buffer.from(base64, 'base64');
  if (file.length !== Number(keys.size)) throw new Error(`${keys.size} bytes announced, ${file.length} sent`);
  return { keys, file };
}
