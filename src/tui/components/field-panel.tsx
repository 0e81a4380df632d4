/** All parameters, one a row: what is set, what would be filled in, and what is wrong with it. */
import { Box } from 'ink';
import { Fragment } from 'react';
import { cutStart } from '../cell-width.js';
import { wrapText } from '../prompt-lines.js';
import { defaultOf, FIELDS, type Field, UNSET_WORDS } from '../state/fields.js';
import { issuesOf, modelOf } from '../state/form-state.js';
import type { State } from '../state/state.js';
import { Text } from './text.js';

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
  const chosen = FIELDS[form.field];
  const trouble = form.trouble ?? issues.get(chosen.name);
  // What is wrong with the chosen one has rows of its own, where it can be read whole.
  const words = trouble === undefined ? [] : wrapText(`✖ ${trouble}`, columns - 6);
  const fieldRows = Math.max(1, rows - words.length);
  return (
    <Box flexShrink={0} height={rows} flexDirection="column" paddingX={1} overflow="hidden">
      {visibleFields(form.field, fieldRows).map((field) => (
        <Fragment key={field.name}>
          <FieldRow field={field} state={state} columns={columns - 2} issue={issues.get(field.name)} />
          {field === chosen && words.length > 0 && (
            <Box flexShrink={0} paddingLeft={2}>
              <Text tone="error">{words.join('\n')}</Text>
            </Box>
          )}
        </Fragment>
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
  const shown = isChosen && form.typed !== undefined ? form.typed : String(value ?? filled);
  const room = Math.max(4, columns - LABEL_COLUMNS - 4);
  return (
    <Box height={1} flexShrink={0}>
      <Box width={LABEL_COLUMNS} flexShrink={0}>
        <Text tone={isChosen ? 'accent' : undefined} dimColor={!isChosen} wrap="truncate">
          {`${isChosen ? '›' : ' '} ${field.label}`}
        </Text>
      </Box>
      <Box flexShrink={0}>
        <Text dimColor={value === undefined && form.typed === undefined} bold={isChosen} wrap="truncate">
          {isChosen && field.kind !== 'path' ? `‹ ${cutStart(shown, room)} ›` : `  ${cutStart(shown, room)}`}
        </Text>
      </Box>
      {issue !== undefined && !isChosen && <Text tone="error" wrap="truncate">{`  ✖ ${issue}`}</Text>}
    </Box>
  );
}
