/** All parameters, one a row: what is set, what would be filled in, and below it, whole, what is wrong with it. */
import { Box } from 'ink';
import { cutStart } from '../cell-width.js';
import { wrapText } from '../prompt-lines.js';
import { defaultOf, FIELDS, type Field, UNSET_WORDS } from '../state/fields.js';
import { type FormState, issuesOf, modelOf } from '../state/form-state.js';
import type { State } from '../state/state.js';
import { EditedLine } from './edited-line.js';
import { Text } from './text.js';

const LABEL_COLUMNS = 20;
const MARGIN = 1;
/** Of what is wrong, below its field. */
const INDENT = 2;

export interface FieldPanelProps {
  state: State;
  columns: number;
  rows: number;
}

/** The items around the chosen one that fit as a whole, it being about in the middle. @returns `[first, behind the last]` */
export function rangeAround(heights: readonly number[], chosen: number, rows: number): [number, number] {
  let [first, end] = [chosen, chosen + 1];
  let left = rows - heights[chosen];
  const takeUp = (most: number) => {
    while (first > 0 && heights[first - 1] <= Math.min(left, most)) {
      first--;
      left -= heights[first];
      most -= heights[first];
    }
  };
  takeUp(Math.floor(rows / 2));
  while (end < heights.length && heights[end] <= left) {
    left -= heights[end];
    end++;
  }
  takeUp(left);
  return [first, end];
}

/** What is wrong with each field, wrapped; of the chosen one also what could not be taken. */
function troubleLines(form: FormState, issues: ReadonlyMap<string, string>, columns: number): string[][] {
  return FIELDS.map(({ name }, at) => {
    const trouble = (at === form.field ? form.trouble : undefined) ?? issues.get(name);
    return trouble === undefined ? [] : wrapText(`✖ ${trouble}`, columns);
  });
}

export function FieldPanel({ state, columns, rows }: FieldPanelProps) {
  const { form, capabilities } = state;
  const inner = columns - 2 * MARGIN;
  const lines = troubleLines(form, issuesOf(form, capabilities), inner - INDENT);
  const heights = lines.map(({ length }) => 1 + length);
  const [first, end] = rangeAround(heights, form.field, rows);
  return (
    <Box flexShrink={0} height={rows} flexDirection="column" paddingX={MARGIN} overflow="hidden">
      {FIELDS.slice(first, end).map((field, at) => (
        <Box key={field.name} flexShrink={0} flexDirection="column">
          <FieldRow field={field} state={state} columns={inner} />
          {lines[first + at].length > 0 && (
            <Box flexShrink={0} paddingLeft={INDENT}>
              <Text tone="error">{lines[first + at].join('\n')}</Text>
            </Box>
          )}
        </Box>
      ))}
    </Box>
  );
}

interface FieldRowProps {
  field: Field;
  state: State;
  columns: number;
}

function FieldRow({ field, state: { form, capabilities }, columns }: FieldRowProps) {
  const isChosen = FIELDS[form.field] === field;
  const value = form.values[field.name];
  const filled = defaultOf(field.name, modelOf(form, capabilities)) ?? UNSET_WORDS[field.name] ?? '–';
  const typed = isChosen ? form.typed : undefined;
  const room = Math.max(4, columns - LABEL_COLUMNS - 4);
  const shown = cutStart(String(value ?? filled), room);
  return (
    <Box height={1} flexShrink={0}>
      <Box width={LABEL_COLUMNS} flexShrink={0}>
        <Text tone={isChosen ? 'accent' : undefined} dimColor={!isChosen} wrap="truncate">
          {`${isChosen ? '›' : ' '} ${field.label}`}
        </Text>
      </Box>
      <Box flexShrink={0}>
        {typed === undefined ? (
          <Text dimColor={value === undefined} bold={isChosen} wrap="truncate">
            {isChosen && field.kind !== 'path' ? `‹ ${shown} ›` : `  ${shown}`}
          </Text>
        ) : (
          <Text bold wrap="truncate">
            {'  '}
            <EditedLine line={typed.prompt} columns={room} />
          </Text>
        )}
      </Box>
    </Box>
  );
}
