/** The parameters that the next picture is made with, on one line or two. */
import { Box } from 'ink';
import type { ModelSummary } from '../../protocol/messages.js';
import { PARAM_DEFAULTS } from '../../protocol/params.js';
import type { Values } from '../state/fields.js';
import { Text } from './text.js';

export interface ParamsStripProps {
  values: Values;
  /** The next picture forks after this many steps of another one. */
  branchStep: number | undefined;
  model: ModelSummary | undefined;
  columns: number;
  rows: 1 | 2;
}

/** What is left out is filled as the server will fill it: from the model's folder, then the common defaults. */
export function toParamWords({ values, branchStep, model }: Omit<ParamsStripProps, 'rows' | 'columns'>): string[] {
  const { width, height, steps, count } = PARAM_DEFAULTS;
  const guidance = values.guidanceScale ?? model?.guidanceScale ?? PARAM_DEFAULTS.guidanceScale;
  const words = [
    `${values.width ?? width}×${values.height ?? height}`,
    `${values.steps ?? steps} steps`,
    `guidance ${guidance}`,
  ];
  const scheduler = values.scheduler ?? model?.scheduler;
  if (scheduler !== undefined) words.push(scheduler);
  words.push(`seed ${values.seed ?? 'random'}`);
  if ((values.count ?? count) > 1) words.push(`×${values.count}`);
  // First, for the one line of a small terminal.
  if (branchStep !== undefined) words.unshift(`forks after step ${branchStep}`);
  return words;
}

/** As many words on each line as fit, parted by dots. */
export function toWordLines(words: string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1)} · ${word}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

export function ParamsStrip({ rows, columns, ...of }: ParamsStripProps) {
  return (
    <Box flexShrink={0} height={rows} flexDirection="column" overflow="hidden" paddingX={1}>
      {toWordLines(toParamWords(of), columns - 2).map((line) => (
        <Box key={line} height={1} flexShrink={0}>
          <Text dimColor wrap="truncate">
            {line}
          </Text>
        </Box>
      ))}
    </Box>
  );
}
