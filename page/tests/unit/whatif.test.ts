import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Answer,
  changeOf,
  evaluate,
  largestBatch,
  memoryUsed,
  type Pass,
  passTime,
  type Terms,
} from '../../src/whatif.ts';

const EMPTY: Pass = {
  layers_s: 0,
  constant_s: [0, 0, 0],
  plain: [],
  products: [],
  lines: [],
  exchange: [],
};

/** An engine whose decode step is 1 ms and 10 us for each sequence's KV, memory bound. */
function simple(changes: Partial<Terms> = {}): Terms {
  const weights = {
    stream: 0,
    count: 1,
    share: 1,
    efficiency: 1,
    compute: 0,
    vector: 0,
    touched: 0,
    by_byte: 0,
  };
  return {
    chips: 8,
    engines: 1,
    dp: 8,
    pp: 1,
    yield: 1,
    input: 1000,
    output: 100,
    ttft_limit_s: null,
    interference: 0,
    request_s: 0,
    sharpness: 0,
    spill_bytes: 1,
    imbalance: 1,
    best_share: 0,
    shares_fall: false,
    overlap_shared: 0,
    overlap_exchange: 0,
    stage_excess: 1,
    step_s: 1e-3,
    sequence_s: 0,
    memory: {
      capacity_bytes: 100e9,
      use: 0.9,
      weights_bytes: 10e9,
      sequence_bytes: 1e9,
      row_bytes: 0,
      prefill_rows: 0,
      rows_per_sequence: 1,
      logit_bytes: 0,
    },
    full: 1,
    prefill_passes: 1,
    prefill: EMPTY,
    decode: { ...EMPTY, plain: [{ ...weights, memory: 10e-6 }] },
    ...changes,
  };
}
const same = changeOf({ tpot: 1000 });

test('a pass is the sum of its terms over the changed rates', () => {
  const t = simple();
  assert.equal(passTime(t, t.decode, same, 100), 1e-3 + 100 * 10e-6);
  assert.equal(passTime(t, t.decode, { ...same, bandwidth: 2 }, 100), 1e-3 + 100 * 5e-6);
  assert.equal(passTime(t, t.decode, { ...same, peak: 2, link: 2 }, 100), 1e-3 + 100 * 10e-6);
});

test('streams overlap by their shares', () => {
  const t = simple({ overlap_shared: 0.5, overlap_exchange: 1, step_s: 0 });
  const pass: Pass = { ...EMPTY, constant_s: [3, 2, 4] };
  // 3 + 2 + 4, less half of the shared expert and as much of the exchange as main covers.
  assert.equal(passTime(t, pass, same, 1), 9 - 1 - 3);
});

test('collectives take the cheapest line, and only its slope falls with faster links', () => {
  const t = simple({ step_s: 0 });
  const pass: Pass = {
    ...EMPTY,
    lines: [
      {
        stream: 0,
        rows: 2,
        lines: [
          [1e-6, 1e-6],
          [5e-6, 1e-7],
        ],
      },
    ],
  };
  assert.equal(passTime(t, pass, same, 1), 3e-6);
  assert.equal(passTime(t, pass, same, 10), 5e-6 + 2e-6);
  assert.equal(passTime(t, pass, { ...same, link: 2 }, 10), 5e-6 + 1e-6);
});

test('products run in whole tiles, and in whole waves over the cores', () => {
  const t = simple({ step_s: 0 });
  const product = {
    stream: 0,
    count: 1,
    share: 1,
    efficiency: 1,
    compute: 1e-3,
    rows: 1,
    groups: 1,
    tile: 64,
    by_tall: 1,
    columns: 10,
    cores: 10,
    split: 1,
    wave_share: 1,
    weights: 0,
    touched: 0,
    by_byte: 0,
    by_byte_single: 0,
    converted: 0,
    by_byte_converted: 0,
    routing: null,
  };
  const pass: Pass = { ...EMPTY, products: [product] };
  const time = (n: number, peak = 1) => passTime(t, pass, { ...same, peak }, n);
  assert.equal(time(1), 1e-3);
  assert.equal(time(64), 1e-3);
  assert.equal(time(65), 2e-3);
  assert.equal(time(64, 2), 0.5e-3);
});

test('the batch fills the memory exactly', () => {
  const t = simple();
  const largest = largestBatch(t, same);
  assert.equal(largest, 80);
  assert.ok(memoryUsed(t, largest) <= 90e9 && memoryUsed(t, largest + 1) > 90e9);
  assert.equal(largestBatch(t, { ...same, capacity: 2 }), 170);
  assert.equal(largestBatch(t, { ...same, capacity: 0.1 }), 0);
});

test('the best batch is the largest one that keeps the limit', () => {
  const t = simple();
  const free = evaluate(t, same) as Answer;
  assert.equal(free.batch, 80);
  // 1 ms + b * 10 us <= 1.5 ms. The search may stop within a thousandth of the best rate.
  const limited = evaluate(t, changeOf({ tpot: 1.5001 })) as Answer;
  const every = Array.from({ length: 50 }, (_, i) => i + 1).at(-1);
  assert.equal(limited.batch, every);
  assert.ok(limited.tpot_s <= 1.5001e-3);
});

test('what cannot be says why', () => {
  const t = simple();
  assert.match((evaluate(t, changeOf({ tpot: 0.5 })) as { reason: string }).reason, /TPOT/);
  assert.match(
    (evaluate(t, changeOf({ tpot: 50, capacity: 0.1 })) as { reason: string }).reason,
    /memory/,
  );
  assert.match((evaluate({ ...t, ttft_limit_s: 1e-6 }, same) as { reason: string }).reason, /TTFT/);
});

test('better hardware never gives less', () => {
  const t = simple({ sharpness: 4 });
  for (const key of ['bandwidth', 'peak', 'link', 'capacity'] as const) {
    let before = 0;
    for (const factor of [0.5, 1, 2, 4]) {
      const now = evaluate(t, changeOf({ [key]: factor, tpot: 2 })) as Answer;
      assert.ok(now.throughput >= before * (1 - 1e-3), `${key} ${factor}`);
      before = now.throughput;
    }
  }
});
