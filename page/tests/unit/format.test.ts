import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change, NO_NUMBER, significant, tick, withUnit } from '../../src/format.ts';

test('numbers have significant digits and groups of three', () => {
  assert.equal(significant(1943.2), '1,943');
  assert.equal(significant(746_123), '746,100');
  assert.equal(significant(49.378), '49.38');
  assert.equal(significant(0.000123456), '0.0001235');
  assert.equal(significant(8), '8');
  assert.equal(significant(354.02), '354');
  assert.equal(significant(0), '0');
  assert.equal(significant(-1234.5), '−1,235');
  assert.equal(significant(999_960, 4), '1,000,000');
  assert.equal(significant(12_345.678, 7), '12,345.68');
});

test('a number too large or too small for digits is a power of ten', () => {
  assert.equal(significant(1e15), '10¹⁵');
  assert.equal(significant(2.5e-9), '2.5 × 10⁻⁹');
  assert.equal(significant(0.0001), '0.0001');
  assert.equal(tick(2e6), '2 × 10⁶');
  assert.equal(tick(500_000), '500,000');
});

test('what does not exist has no unit', () => {
  for (const nothing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
    assert.equal(withUnit(significant(nothing), 'ms'), NO_NUMBER);
  assert.equal(withUnit(significant(5), 'ms'), '5 ms');
});

test('a change is a share up to double, then a factor', () => {
  assert.equal(change(112, 100), '+12 %');
  assert.equal(change(88, 100), '−12 %');
  assert.equal(change(250, 100), '×2.5');
  assert.equal(change(100.01, 100), 'unchanged');
  assert.equal(change(1, 0), NO_NUMBER);
});
