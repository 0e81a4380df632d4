/** Lines of a prompt in which weights are seen: what counts more glows, what counts less and the signs around it are dim. */
import { useMemo } from 'react';
import { toWeightSpans, type WeightSpan } from '../prompt-weights.js';
import { Text } from './text.js';

export interface WeightedLinesProps {
  /** The whole prompt: a weight may begin on a line that is not shown. */
  text: string;
  lines: readonly string[];
  /** Offsets in the text at which they begin. */
  starts: readonly number[];
}

interface Piece extends Pick<WeightSpan, 'weight' | 'isSyntax'> {
  /** Its offset in the text. */
  start: number;
  text: string;
}

/** What a line shows of the text; a mark of a cut behind it is plain. */
export function toPieces(line: string, start: number, spans: readonly WeightSpan[]): Piece[] {
  const end = start + line.length;
  const pieces = spans
    .filter((span) => span.start < end && span.end > start)
    .map(({ weight, isSyntax, ...span }) => {
      const [from, to] = [Math.max(start, span.start), Math.min(end, span.end)];
      return { start: from, text: line.slice(from - start, to - start), weight, isSyntax };
    });
  const covered = pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  const rest = line.slice(covered);
  return rest === '' ? pieces : [...pieces, { start: start + covered, text: rest, weight: 1, isSyntax: false }];
}

export function WeightedLines({ text, lines, starts }: WeightedLinesProps) {
  const spans = useMemo(() => toWeightSpans(text), [text]);
  return (
    <Text wrap="truncate">
      {lines.map((line, row) => (
        <Text key={starts[row]}>
          {row > 0 && '\n'}
          {line === '' && ' '}
          {toPieces(line, starts[row], spans).map((piece) => (
            <Text
              key={piece.start}
              tone={piece.weight > 1 && !piece.isSyntax ? 'warm' : undefined}
              dimColor={piece.isSyntax || piece.weight < 1}
            >
              {piece.text}
            </Text>
          ))}
        </Text>
      ))}
    </Text>
  );
}
