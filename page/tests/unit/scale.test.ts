import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisTicks, linearTicks, logTicks } from '../../src/charts/scale.ts';

test('linear ticks are round and hold the values', () => {
  const { min, max, ticks } = linearTicks(0, 0.3, 3);
  assert.deepEqual(ticks, [0, 0.1, 0.2, 0.3]);
  assert.equal(min, 0);
  assert.equal(max, 0.3);
});

test('a logarithmic axis of less than a decade still has several ticks', () => {
  const { min, max, ticks } = logTicks(20, 90, 6);
  assert.ok(min <= 20 && max >= 90);
  assert.ok(ticks.length >= 3, ticks.join());
});

test('ticks hold any range, and there are not too many', () => {
  for (const scale of ['linear', 'log'] as const)
    for (const [low, high] of [
      [1e-9, 1e9],
      [5, 5],
      [0.99, 1.01],
      [3, 7000],
      [1234, 1235],
      [1e-300, 1e-299],
    ] as const)
      for (const wanted of [2, 5, 10]) {
        const { min, max, ticks } = axisTicks(scale, low, high, wanted);
        assert.ok(min <= low && max >= high, `${scale} ${low} ${high}`);
        assert.ok(ticks.length >= 1 && ticks.length <= 2 * wanted + 3, `${scale} ${ticks.join()}`);
        for (const tick of ticks) assert.ok(tick >= min && tick <= max);
      }
});

test('lengths start at zero, and a narrow range far from it does not', () => {
  assert.equal(axisTicks('linear', 100, 400, 5).min, 0);
  assert.ok(axisTicks('linear', 950, 1000, 5).min > 900);
});

test('a logarithmic axis without positive values does not fail', () => {
  const { min, max } = logTicks(-5, 0, 5);
  assert.ok(min > 0 && max > min);
});
