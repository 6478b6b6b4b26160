import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvField, csvNumber, csvText } from '../../src/csv.ts';

// What std::to_chars(double) prints for each.
const PRINTED: [number, string][] = [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [6912, '6912'],
  [354.0184667992118, '354.0184667992118'],
  [-0.5, '-0.5'],
  [0.1, '0.1'],
  [0.001, '0.001'],
  [0.0001, '1e-04'],
  [0.00012, '0.00012'],
  [0.000012, '1.2e-05'],
  [100000, '1e+05'],
  [10000, '10000'],
  [120000, '120000'],
  [1e21, '1e+21'],
  [1e100, '1e+100'],
  [1.5e-300, '1.5e-300'],
  [123456789012345680000, '123456789012345683968'],
  [2 ** 53, '9007199254740992'],
  [21637083824, '21637083824'],
];

test('a number is printed as the program prints it', () => {
  for (const [value, text] of PRINTED) assert.equal(csvNumber(value), text);
  assert.equal(csvNumber(Number.NaN), '');
});

test('a printed number reads back as itself', () => {
  let seed = 1;
  for (let i = 0; i < 2000; ++i) {
    seed = (seed * 48271) % 2147483647;
    const value = (seed / 2147483647 - 0.5) * 10 ** ((seed % 61) - 30);
    assert.equal(Number(csvNumber(value)), value);
  }
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
