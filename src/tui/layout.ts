/** Where everything stands for a terminal of this size: pure numbers, shared by Ink's boxes and the painter. */
import type { Rect } from './rect.js';

export interface Layout {
  columns: number;
  rows: number;
  /** One line of status when there is no room for a form. */
  kind: 'form' | 'line';
  /** Rows between the form's parts, and around it. */
  gap: 0 | 1;
  form: Rect;
  /** Text rows inside the prompt field. */
  promptRows: number;
  /** Of the parameters while their panel is closed. */
  paramRows: 1 | 2;
  /** Of the job on screen. */
  jobRows: 2 | 3;
  /** Rows of the parameter panel while it is open. */
  fieldRows: number;
  /** The open panel takes the place of the job. */
  isPanelOverJob: boolean;
  /** Left out when the terminal is too small or pictures are off. */
  picture: Rect | undefined;
}

export interface LayoutOptions {
  columns: number;
  rows: number;
  /** Of the pictures to show, width / height; left out = no picture. */
  aspect: number | undefined;
  /** Of the terminal's cells, width / height. */
  cellAspect?: number;
}

const SMALLEST_FORM = { columns: 40, rows: 10 };
const SMALLEST_PICTURE = { columns: 12, rows: 6 };
/** Below this many rows every row is needed for content; below the other one not even all of that fits. */
const ROOMY_ROWS = 18;
const TIGHT_ROWS = 15;
/** Of the box that is kept free for pictures, width / height: a strip is shown in a box that is wider or higher than it needs. */
const BOX_ASPECT = { min: 1 / 3, max: 4 };
/** A field and what is wrong with it, and the fields around it. */
const ENOUGH_FIELD_ROWS = 4;
const MARGIN = 1;
const BESIDE = { formColumns: 38, widestForm: 68, gap: 2 };
const BELOW = { formRows: 13 };

/** Of most fonts, and assumed where the terminal does not tell. */
export const USUAL_CELL_ASPECT = 0.5;

type Cells = Pick<Rect, 'columns' | 'rows'>;

/** The largest box in the area that shows pictures of this aspect; however narrow they are, one cell wide and high where there is room. */
export function fitPicture(area: Cells, aspect: number, cellAspect = USUAL_CELL_ASPECT): Cells {
  if (area.columns < 1 || area.rows < 1) return { columns: 0, rows: 0 };
  const columns = Math.max(1, Math.floor(Math.min(area.columns, (area.rows * aspect) / cellAspect)));
  const rows = Math.max(1, Math.min(area.rows, Math.round((columns / aspect) * cellAspect)));
  return { columns, rows };
}

function isTooSmall({ columns, rows }: { columns: number; rows: number }): boolean {
  return columns < SMALLEST_PICTURE.columns || rows < SMALLEST_PICTURE.rows;
}

export function createLayout({ columns, rows, aspect, cellAspect = USUAL_CELL_ASPECT }: LayoutOptions): Layout {
  const kind = columns < SMALLEST_FORM.columns || rows < SMALLEST_FORM.rows ? 'line' : 'form';
  const gap = rows >= ROOMY_ROWS ? 1 : 0;
  const body: Rect = {
    row: 1 + gap,
    column: MARGIN,
    rows: Math.max(0, rows - 2 - 2 * gap),
    columns: Math.max(0, columns - 2 * MARGIN),
  };
  const plain: Layout = {
    columns,
    rows,
    kind,
    gap,
    form: body,
    ...(rows < TIGHT_ROWS
      ? { promptRows: 1, paramRows: 1, jobRows: 2 }
      : { promptRows: gap + 2, paramRows: 2, jobRows: 3 }),
    fieldRows: 0,
    isPanelOverJob: false,
    picture: undefined,
  };
  if (kind === 'line' || aspect === undefined) return withFieldRows(plain);
  // As if the cells were of the usual shape: what counts is the picture's shape in cells.
  const boxAspect = Math.min(BOX_ASPECT.max, Math.max(BOX_ASPECT.min, aspect));
  const shape = (boxAspect * USUAL_CELL_ASPECT) / cellAspect;
  const candidates = [beside(plain, shape), below(plain, shape)].filter(
    ({ picture }) => picture !== undefined && !isTooSmall(picture),
  );
  return withFieldRows(candidates.sort((a, b) => cellsOf(b.picture) - cellsOf(a.picture))[0] ?? plain);
}

/** What the prompts, the job and one line of results leave; where that is too little, without the job. */
function withFieldRows(layout: Layout): Layout {
  const { form, gap, promptRows, jobRows } = layout;
  const alone = form.rows - (promptRows + 2 + 1 + 1 + 2 * gap);
  const besideJob = alone - jobRows - gap;
  const isPanelOverJob = besideJob < ENOUGH_FIELD_ROWS;
  return { ...layout, isPanelOverJob, fieldRows: Math.max(1, isPanelOverJob ? alone : besideJob) };
}

function cellsOf(rect: Rect | undefined): number {
  return rect === undefined ? 0 : rect.rows * rect.columns;
}

function beside(plain: Layout, aspect: number): Layout {
  const { form: body } = plain;
  const area = { columns: body.columns - BESIDE.formColumns - BESIDE.gap, rows: body.rows };
  const picture = fitPicture(area, aspect);
  const formColumns = Math.min(BESIDE.widestForm, body.columns - BESIDE.gap - picture.columns);
  const column = body.column + formColumns + BESIDE.gap;
  return {
    ...plain,
    form: { ...body, columns: formColumns },
    picture: { row: body.row, column, ...picture },
  };
}

function below(plain: Layout, aspect: number): Layout {
  const { form: body } = plain;
  const area = { columns: body.columns, rows: body.rows - BELOW.formRows - plain.gap };
  const picture = fitPicture(area, aspect);
  const column = body.column + Math.floor((body.columns - picture.columns) / 2);
  return {
    ...plain,
    promptRows: 1,
    form: { ...body, rows: BELOW.formRows },
    picture: { row: body.row + BELOW.formRows + plain.gap, column, ...picture },
  };
}
