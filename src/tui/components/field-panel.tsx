/** All parameters, one a row: what is set, what would be filled in, and what is wrong with it. */
import { Box, Text } from 'ink';
import { cutStart } from '../cell-width.js';
import { defaultOf, FIELDS, type Field, UNSET_WORDS } from '../state/fields.js';
import { issuesOf, modelOf } from '../state/form-state.js';
import type { State } from '../state/state.js';
import { THEME } from '../theme.js';

const LABEL_COLUMNS = 20;

export interface FieldPanelProps {
  state: State;
  columns: number;
  rows: number;
}

/** The rows around the chosen one that fit. */
export function visibleFields(chosen: number, rows: number): readonly Field[] {
  const top = Math.max(0, Math.min(chosen - Math.floor(rows / 2), FIELDS.length - rows));
  return FIELDS.slice(top, top + rows);
}

export function FieldPanel({ state, columns, rows }: FieldPanelProps) {
  const { form, capabilities } = state;
  const issues = issuesOf(form, capabilities);
  return (
    <Box flexShrink={0} height={rows} flexDirection="column" paddingX={1} overflow="hidden">
      {visibleFields(form.field, rows).map((field) => (
        <FieldRow key={field.name} field={field} state={state} columns={columns - 2} issue={issues.get(field.name)} />
      ))}
    </Box>
  );
}

interface FieldRowProps {
  field: Field;
  state: State;
  columns: number;
  issue: string | undefined;
}

function FieldRow({ field, state: { form, capabilities }, columns, issue }: FieldRowProps) {
  const isChosen = FIELDS[form.field] === field;
  const value = form.values[field.name];
  const filled = defaultOf(field.name, modelOf(form, capabilities)) ?? UNSET_WORDS[field.name] ?? '–';
  const trouble = isChosen && form.trouble !== undefined ? form.trouble : issue;
  const shown = isChosen && form.typed !== undefined ? form.typed : String(value ?? filled);
  const room = Math.max(4, columns - LABEL_COLUMNS - 4);
  return (
    <Box height={1} flexShrink={0}>
      <Box width={LABEL_COLUMNS} flexShrink={0}>
        <Text color={isChosen ? THEME.accent : undefined} dimColor={!isChosen} wrap="truncate">
          {`${isChosen ? '›' : ' '} ${field.label}`}
        </Text>
      </Box>
      <Text dimColor={value === undefined && form.typed === undefined} bold={isChosen} wrap="truncate">
        {isChosen && field.kind !== 'path' ? `‹ ${cutStart(shown, room)} ›` : `  ${cutStart(shown, room)}`}
      </Text>
      {trouble !== undefined && <Text color={THEME.error} wrap="truncate">{`  ${trouble}`}</Text>}
    </Box>
  );
}
