/** What terminals were seen to reply to the probe, piece by piece, and what is to be read from it. */
import type { TerminalReport } from '../../../src/tui/terminal/probe.js';

export interface RecordedTerminal {
  name: string;
  replies: string[];
  /** To the question for sixel's room. */
  room?: string;
  report: Partial<TerminalReport>;
}

const KITTY_OK = '\x1b_Gi=31;OK\x1b\\';
const version = (text: string) => `\x1bP>|${text}\x1b\\`;
/** Window of 80×24 cells, and the cell. */
const sizes = (width: number, height: number) => [`\x1b[4;${24 * height};${80 * width}t`, `\x1b[6;${height};${width}t`];

/** kitty, xterm, Konsole, tmux and xterm.js were tried (Debian 12 and 13); the others are from their documentation. */
export const REPLIES: RecordedTerminal[] = [
  {
    name: 'kitty 0.41.1',
    replies: [KITTY_OK, version('kitty(0.41.1)'), ...sizes(8, 17), '\x1b[?2026;2$y', '\x1b[?62;52;c'],
    report: { version: 'kitty(0.41.1)', kitty: true, sixel: false, cell: { width: 8, height: 17 }, synchronized: true },
  },
  {
    name: 'xterm 398 -ti vt340',
    replies: [version('XTerm(398)'), ...sizes(8, 17), '\x1b[?2026;0$y', '\x1b[?63;1;2;4;6;9;15;16;22;28;29c'],
    report: { version: 'XTerm(398)', kitty: false, sixel: true, cell: { width: 8, height: 17 }, synchronized: false },
  },
  {
    name: 'xterm 398 that keeps its window to itself',
    replies: [version('XTerm(398)'), '\x1b[?2026;0$y', '\x1b[?63;1;2;4;6;9;15;16;22;28c'],
    room: '\x1b[?2;0;640;408S\x1b[?2;0;1000;1000S\x1b[?1;0;1024S',
    report: { sixel: true, cell: { width: 8, height: 17 }, sixelLimit: { width: 1000, height: 996, colors: 256 } },
  },
  {
    name: 'xterm without graphics',
    replies: [version('XTerm(398)'), ...sizes(6, 13), '\x1b[?2026;0$y', '\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c'],
    report: { version: 'XTerm(398)', kitty: false, sixel: false },
  },
  {
    name: 'Konsole 25.04.2',
    replies: [KITTY_OK, version('Konsole 25.04.2'), ...sizes(8, 15), '\x1b[?2026;2$y', '\x1b[?62;1;4c'],
    report: { version: 'Konsole 25.04.2', kitty: true, sixel: true, cell: { width: 8, height: 15 } },
  },
  {
    name: 'tmux 3.5a',
    replies: [version('tmux 3.5a'), '\x1b[6;17;8t', '\x1b[?2026;2$y', '\x1b[?1;2;4c'],
    report: { version: 'tmux 3.5a', kitty: false, sixel: true, cell: { width: 8, height: 17 } },
  },
  {
    name: 'screen 4.9',
    replies: ['\x1b[?1;2c'],
    report: { version: undefined, kitty: false, sixel: false, cell: undefined, synchronized: undefined },
  },
  {
    name: 'xterm.js',
    replies: ['\x1b[?2026;2$y', '\x1b[?1;2c'],
    report: { version: undefined, kitty: false, sixel: false, cell: undefined, synchronized: true },
  },
  {
    name: 'foot',
    replies: [version('foot(1.20.2)'), ...sizes(9, 20), '\x1b[?2026;2$y', '\x1b[?62;4;22;28c'],
    report: { version: 'foot(1.20.2)', sixel: true, cell: { width: 9, height: 20 } },
  },
  {
    name: 'a terminal that only tells its window',
    replies: ['\x1b[4;480;800t', '\x1b[?62;4c'],
    report: { sixel: true, cell: { width: 10, height: 20 } },
  },
  {
    name: 'numbers that only look like sixel’s',
    replies: ['\x1b[?4;14;24;42c'],
    report: { sixel: false },
  },
  {
    name: 'kitty’s protocol refused',
    replies: ['\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\', '\x1b[?62c'],
    report: { kitty: false },
  },
];
