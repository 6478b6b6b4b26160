import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvField, csvNumber, csvText } from '../../src/csv.ts';

// What the program's plain_number (report/document_csv.cpp) prints for each.
const PRINTED: [number, string][] = [
  [0, '0'],
  [-0, '0'],
  [6912, '6912'],
  [354.0184667992118, '354.0184667992118'],
  [-0.5, '-0.5'],
  [0.000012, '0.000012'],
  [1e-7, '1e-7'],
  [100000, '100000'],
  [21637083824, '21637083824'],
  [1e21, '1e+21'],
];

test('a number is printed as the program prints it', () => {
  for (const [value, text] of PRINTED) assert.equal(csvNumber(value), text);
  assert.equal(csvNumber(Number.NaN), '');
});

test('fields with commas, quotes and line breaks are quoted', () => {
  assert.equal(csvField('tp=1, dp=2'), '"tp=1, dp=2"');
  assert.equal(csvField('say "x"'), '"say ""x"""');
  assert.equal(csvField('plain'), 'plain');
});

test('a table is a header and records with CRLF, null an empty field', () => {
  const text = csvText({
    id: 't',
    title: 'T',
    csv: 't.csv',
    columns: [
      { name: 'system', csv_name: 'system', kind: 'text' },
      { name: 'TPOT', csv_name: 'tpot_ms', unit: 'ms', kind: 'number' },
    ],
    rows: [
      ['a, b', 12.5],
      ['c', null],
    ],
  });
  assert.equal(text, 'system,tpot_ms\r\n"a, b",12.5\r\nc,\r\n');
});
