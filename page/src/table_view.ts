// A table of the document: units in the head, numbers to the right, and its CSV.

import { csvText } from './csv.ts';
import type { Cell, Column, Table } from './document.ts';
import { button, folded, h, rich, slug } from './dom.ts';
import { save } from './download.ts';
import { NO_NUMBER, significant, unitText } from './format.ts';

function cellOf(cell: Cell, column: Column, first: boolean): HTMLElement {
  const tag = first ? 'th' : 'td';
  const scope = first ? { scope: 'row' } : {};
  if (typeof cell === 'number')
    return h(
      tag,
      { class: 'number', ...scope },
      h('data', { value: cell }, significant(cell, column.digits ?? 4)),
    );
  const text = cell === null || cell === '' ? NO_NUMBER : cell;
  return h(tag, { class: column.kind === 'number' ? 'number' : null, ...scope }, text);
}

export function grid(table: Table, caption: boolean): HTMLElement {
  const head = table.columns.map((column) =>
    h(
      'th',
      { scope: 'col', class: column.kind === 'number' ? 'number' : null },
      column.name,
      column.unit ? h('span', { class: 'unit' }, unitText(column.unit)) : null,
    ),
  );
  const rows = table.rows.map((row) =>
    h('tr', {}, ...table.columns.map((column, i) => cellOf(row[i] ?? null, column, i === 0))),
  );
  return h(
    'div',
    // Scrolls on its own where it is wider than the page, also by the keyboard.
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': `Table: ${table.title}` },
    h(
      'table',
      {},
      h('caption', { class: caption ? null : 'unseen' }, table.title),
      h('thead', {}, h('tr', {}, ...head)),
      h('tbody', {}, ...rows),
    ),
  );
}

export function csvButton(table: () => Table): HTMLButtonElement {
  return button('CSV', { class: 'small csv', title: 'Download the table as CSV' }, () => {
    const { csv } = table();
    save(new Blob([csvText(table())], { type: 'text/csv;charset=utf-8' }), csv);
  });
}

const LONG = 15; // rows; a longer table is opened by those who want it

/** A table that stands on its own, not under a chart. */
export function tableFigure(table: Table): HTMLElement {
  const { id, title, note, rows } = table;
  const long = rows.length > LONG;
  const summary = `${title}, ${rows.length} rows`;
  return h(
    'figure',
    { class: 'table', id: `table-${slug(id)}`, 'data-table': id },
    long
      ? folded({ 'data-rows': rows.length }, summary, () => grid(table, false))
      : grid(table, true),
    h(
      'figcaption',
      {},
      note ? h('p', { class: 'note' }, ...rich(note)) : null,
      h(
        'div',
        { class: 'tools' },
        csvButton(() => table),
      ),
    ),
  );
}
