// CSV as the program writes it (report/csv.cpp), to the byte: RFC 4180, CRLF, and for a number the
// shortest decimal text that reads back as the same double.

import type { Table } from './document.ts';

/** As std::to_chars(double) prints it: an exponent where that is shorter. */
export function csvNumber(value: number): string {
  if (!Number.isFinite(value)) return '';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const sign = value < 0 ? '-' : '';
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  const magnitude = String(Math.abs(exponent)).padStart(2, '0');
  const scientific = `${mantissa}e${exponent < 0 ? '-' : '+'}${magnitude}`;
  let fixed: string;
  if (exponent < 0) {
    fixed = `0.${'0'.repeat(-exponent - 1)}${digits}`;
  } else if (digits.length > exponent + 1) {
    fixed = `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
  } else {
    fixed = digits.padEnd(exponent + 1, '0');
    // Past 2^53 the fixed form has all digits of the double, not the shortest ones and zeros.
    if (scientific.length >= fixed.length) fixed = BigInt(Math.abs(value)).toString();
  }
  return sign + (scientific.length < fixed.length ? scientific : fixed);
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
