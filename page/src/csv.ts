// CSV as the program writes it (report/document_csv.cpp), to the byte: RFC 4180 and CRLF.

import type { Table } from './document.ts';

/** The shortest text that reads back as the same double, as ECMA-262 writes numbers. */
export function csvNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : '';
}

/** A field, quoted when it holds a comma, a quote or a line break. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvText(table: Table): string {
  const records = [table.columns.map((column) => column.csv_name)];
  for (const row of table.rows)
    records.push(
      row.map((cell) => (cell === null ? '' : typeof cell === 'number' ? csvNumber(cell) : cell)),
    );
  return records.map((record) => `${record.map(csvField).join(',')}\r\n`).join('');
}
