/** The terminal's side of kitty's graphics protocol: keeps the pictures that are sent, and finds their placeholders on screen. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
const ESCAPE = /\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals read
const UNFINISHED = /\x1b(?:_(?:G[^\x1b]*\x1b?)?)?$/;
const PLACEHOLDER = '\u{10EEEE}';

export function createKittyPictures({ reply }) {
  const pictures = new Map();
  let open;

  function take([, text, payload]) {
    const keys = Object.fromEntries(text.split(',').map((pair) => pair.split('=')));
    if (keys.a === 'q') return reply(`\x1b_Gi=${keys.i};OK\x1b\\`);
    if (keys.a === 'd') return pictures.delete(Number(keys.i));
    open ??= { keys, base64: '' };
    open.base64 += payload;
    if (keys.m === '1') return;
    const { i, c, r } = open.keys;
    pictures.set(Number(i), { columns: Number(c), rows: Number(r), base64: open.base64 });
    open = undefined;
  }

  return {
    /**
     * Parts the terminal's bytes into text and escapes for pictures, in their order.
     * @returns the parts, and the start of an escape that is not whole yet
     */
    split(bytes) {
      const parts = [];
      let rest = bytes;
      for (;;) {
        const found = ESCAPE.exec(rest);
        if (found === null) break;
        parts.push({ text: rest.slice(0, found.index), take: () => take(found) });
        rest = rest.slice(found.index + found[0].length);
      }
      const [open = ''] = UNFINISHED.exec(rest) ?? [];
      parts.push({ text: rest.slice(0, rest.length - open.length), take: () => {} });
      return { parts, open };
    },

    /** @returns where each picture stands, in cells, and how many of its cells are there */
    find(cells) {
      const found = new Map();
      for (const { cell, x, y } of cells) {
        if (!isPlaceholder(cell)) continue;
        const id = cell.getFgColor();
        const place = found.get(id) ?? { x, y, cells: 0, ...pictures.get(id) };
        found.set(id, { ...place, cells: place.cells + 1 });
      }
      return [...found.values()].filter(({ base64 }) => base64 !== undefined);
    },
  };
}

/** Placeholders are no words. */
export function withoutPlaceholders(line) {
  return line.replace(/\u{10EEEE}\p{Mark}*/gu, '');
}

export function isPlaceholder(cell) {
  return cell.getChars().startsWith(PLACEHOLDER);
}
