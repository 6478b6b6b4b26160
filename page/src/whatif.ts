// What an engine would do on changed hardware, from the program's own terms: time of a pass
// (models/phase), steady state (models/serving) and the search for the best batch (models/search).
// The deployment is kept. A test holds this file to the program's numbers at the document's checks.

import type { Maybe } from './document.ts';

export interface WhatIfInput {
  id: string;
  label: string;
  min: number;
  max: number;
  value: number;
  scale: 'linear' | 'log';
  unit: string;
}

interface Routing {
  load: number;
  tokens: number;
  local: number;
  log_miss: number;
  ranks: number;
}
interface Plain {
  stream: number;
  count: number;
  share: number;
  efficiency: number;
  compute: number;
  vector: number;
  memory: number;
  touched: number;
  by_byte: number;
}
interface Product {
  stream: number;
  count: number;
  share: number;
  efficiency: number;
  compute: number;
  rows: number;
  groups: number;
  tile: number;
  by_tall: number;
  columns: number;
  cores: number;
  split: number;
  wave_share: number;
  weights: number;
  touched: number;
  by_byte: number;
  by_byte_single: number;
  converted: number;
  by_byte_converted: number;
  routing: Routing | null;
}
interface Collective {
  stream: number;
  rows: number;
  lines: [number, number][];
}
interface Exchange {
  stream: number;
  seconds: number;
  routing: Routing | null;
}
export interface Pass {
  layers_s: number;
  constant_s: [number, number, number];
  plain: Plain[];
  products: Product[];
  lines: Collective[];
  exchange: Exchange[];
}
export interface Terms {
  chips: number;
  engines: number;
  dp: number;
  pp: number;
  yield: number;
  input: number;
  output: number;
  ttft_limit_s: number | null;
  interference: number;
  request_s: number;
  sharpness: number;
  spill_bytes: number;
  imbalance: number;
  best_share: number;
  shares_fall: boolean;
  overlap_shared: number;
  overlap_exchange: number;
  stage_excess: number;
  step_s: number;
  sequence_s: number;
  memory: {
    capacity_bytes: number;
    use: number;
    weights_bytes: number;
    sequence_bytes: number;
    row_bytes: number;
    prefill_rows: number;
    rows_per_sequence: number;
    logit_bytes: number;
  };
  full: number;
  prefill_passes: number;
  prefill: Pass;
  decode: Pass;
}
export interface WhatIfSystem {
  id: string;
  name: string;
  deployment?: Maybe<string>;
  terms?: Maybe<Terms>;
  unavailable?: Maybe<string>;
}
export interface WhatIf {
  title: string;
  text?: Maybe<string[]>;
  inputs: WhatIfInput[];
  systems: WhatIfSystem[];
  checks?: Maybe<Check[]>;
}
/** What the program computes for some inputs, to hold this file to. */
export interface Check {
  inputs: Record<string, number>;
  expected: Record<
    string,
    | { batch: number; output_per_chip: number; tpot_ms: number; ttft_ms: number }
    | { infeasible: string }
  >;
}

/** Multipliers of the hardware, and the limit. */
export interface Change {
  bandwidth: number;
  peak: number;
  link: number;
  capacity: number;
  tpot_s: number;
}

export interface Point {
  batch: number;
  tpot_s: number;
  ttft_s: number;
  /** Output tokens per second of one engine. */
  rate: number;
}
export interface Answer extends Point {
  /** Output tokens per second and chip. */
  throughput: number;
  concurrency: number;
}
export type Result = Answer | { reason: string };

/** Relative difference of rates that the search of the program leaves open. */
const GAP = 1e-3;

export function changeOf(inputs: Record<string, number>): Change {
  return {
    bandwidth: inputs.bandwidth ?? 1,
    peak: inputs.peak ?? 1,
    link: inputs.link ?? 1,
    capacity: inputs.capacity ?? 1,
    tpot_s: (inputs.tpot ?? Number.POSITIVE_INFINITY) / 1e3,
  };
}

/** The smooth maximum with exponent `p`; the hard one at p = 0. */
function smooth(p: number, a: number, b: number, c: number): number {
  const most = Math.max(a, b, c);
  if (most <= 0 || p <= 0) return Math.max(most, 0);
  return most * ((a / most) ** p + (b / most) ** p + (c / most) ** p) ** (1 / p);
}

/** Time of a pass of n sequences per attention rank and pipeline stage, in seconds. */
export function passTime(t: Terms, pass: Pass, change: Change, n: number): number {
  const { bandwidth, peak, link } = change;
  const p = t.sharpness;
  const sum = [...pass.constant_s];
  const add = (stream: number, seconds: number) => {
    sum[stream] = (sum[stream] ?? 0) + seconds;
  };
  const spill = (bytes: number) => (bytes > 0 ? bytes * (bytes / (bytes + t.spill_bytes)) : 0);
  const slower = (r: { share: number; efficiency: number }) => {
    const share =
      !t.shares_fall || r.share >= t.best_share
        ? r.share
        : t.best_share / (1 + (t.best_share / r.share - 1) * peak);
    return Math.min(1, r.share * r.efficiency) / (peak * Math.min(1, share * r.efficiency));
  };
  const hot = (r: Routing | null) => {
    if (r === null || r.ranks <= 1) return 1;
    const load = r.load * n;
    const spread = Math.log(r.ranks);
    return Math.min(
      r.ranks,
      t.imbalance * (1 + Math.sqrt((2 * spread) / load) + spread / (3 * load)),
    );
  };

  for (const r of pass.plain) {
    const compute = r.compute * n * slower(r);
    const vector = (r.vector * n) / peak;
    const memory = (r.memory * n + spill(r.touched * n) * r.by_byte) / bandwidth;
    add(r.stream, r.count * smooth(p, compute, memory, vector));
  }

  for (const r of pass.products) {
    let rows = r.rows * n;
    let groups = r.groups;
    let tallest = rows; // rows of the group that the step waits for
    let weights = r.weights;
    let activations = rows;
    if (r.routing) {
      const load = r.routing.load * n;
      const factor = hot(r.routing);
      groups = -r.routing.local * Math.expm1(r.routing.tokens * n * r.routing.log_miss);
      rows = load / groups;
      tallest = rows * factor;
      weights = r.weights * groups;
      activations = load * factor;
    }
    const share = tallest / r.tile;
    const steps = groups > 1 ? Math.max(1, share + 0.5) : Math.ceil(share);
    const tiles = groups * Math.max(1, steps * r.by_tall) * r.columns;
    const waves = tiles / r.cores;
    const idle = waves >= 1 ? Math.ceil(waves) / waves : Math.max(1, 1 / (waves * r.split));
    const compute = r.compute * slower(r) * groups * steps * (1 + (idle - 1) * r.wave_share);
    const byByte = rows > 1 ? r.by_byte : r.by_byte_single;
    const memory = ((weights + spill(r.touched * activations)) * byByte) / bandwidth;
    const converted = (spill(r.converted * activations) * r.by_byte_converted) / bandwidth;
    add(r.stream, r.count * (smooth(p, compute, memory, 0) + converted));
  }

  for (const r of pass.lines) {
    const times = r.lines.map(([atZero, slope]) => atZero + (slope * r.rows * n) / link);
    if (times.length > 0) add(r.stream, Math.min(...times));
  }
  for (const r of pass.exchange) add(r.stream, (r.seconds * n * hot(r.routing)) / link);

  const [main = 0, shared = 0, exchange = 0] = sum;
  const hidden = shared * t.overlap_shared + Math.min(exchange, main) * t.overlap_exchange;
  const layers = main + shared + exchange - hidden + pass.layers_s;
  return layers * t.stage_excess + t.step_s + t.sequence_s * n;
}

/** The engine in steady state as a function of its batch per attention rank. */
function steadyState(t: Terms, change: Change): (batch: number) => Point {
  // Neither depends on the batch.
  const one = passTime(t, t.prefill, change, 1) * t.prefill_passes;
  const fullTime = t.full > 1 ? passTime(t, t.prefill, change, t.full) * t.prefill_passes : one;
  const of = (requests: number) =>
    t.full <= 1 ? one * requests : one + ((fullTime - one) * (requests - 1)) / (t.full - 1);
  return (batch) => {
    const step = passTime(t, t.decode, change, Math.max(1, batch / t.pp));
    const together = Math.min(Math.max(batch / t.output, 1), t.full);
    const tpot =
      step / t.yield + (of(together) / together) * (((batch / t.output) * t.interference) / t.pp);
    const ttft = t.request_s + one + step / 2;
    const rate = (batch * t.dp * t.output) / (ttft + tpot * Math.max(0, t.output - 1));
    return { batch, tpot_s: tpot, ttft_s: ttft, rate };
  };
}

export function memoryUsed(t: Terms, batch: number): number {
  const m = t.memory;
  const rows = batch * m.rows_per_sequence;
  return (
    m.weights_bytes +
    m.sequence_bytes * batch +
    m.row_bytes * Math.max(rows, m.prefill_rows) +
    m.logit_bytes * rows
  );
}

/** The largest whole batch that fits; 0 where not even one sequence does. */
export function largestBatch(t: Terms, change: Change): number {
  const room = t.memory.capacity_bytes * change.capacity * t.memory.use;
  const fits = (batch: number) => memoryUsed(t, batch) <= room;
  if (!fits(1)) return 0;
  let low = 1;
  let high = 2;
  while (fits(high) && high < Number.MAX_SAFE_INTEGER / 4) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

interface Range {
  low: number;
  high: number;
  at_low: number;
}

/** The best batch of 1 to `largest`, by the program's branch and bound. */
function bestBatch(
  largest: number,
  at: (batch: number) => Point,
  meets: (point: Point) => boolean,
): Point | undefined {
  let best: Point | undefined;
  let ranges: Range[] = [];
  const bound = (r: Range) => r.at_low * (r.high / r.low);
  const look = (batch: number, high: number) => {
    const point = at(batch);
    if (!meets(point)) return;
    if (point.rate > (best?.rate ?? 0)) best = point;
    if (batch < high) ranges.push({ low: batch, high, at_low: point.rate });
  };
  look(1, largest);
  const [whole] = ranges;
  if (whole) {
    ranges = [{ low: 1, high: largest - 1, at_low: whole.at_low }];
    look(largest, largest);
  }
  while (ranges.length > 0) {
    let next = 0;
    for (let i = 1; i < ranges.length; ++i) {
      const a = ranges[i] as Range;
      const b = ranges[next] as Range;
      if (bound(a) > bound(b) || (bound(a) === bound(b) && a.high > b.high)) next = i;
    }
    const [r] = ranges.splice(next, 1) as [Range];
    if (r.low >= r.high) continue;
    if (bound(r) <= (best?.rate ?? 0) * (1 + GAP)) break;
    const middle =
      r.high > 4 * r.low
        ? Math.floor(Math.sqrt(r.low * r.high))
        : Math.floor((r.low + r.high + 1) / 2);
    const m = Math.min(Math.max(middle, r.low + 1), r.high);
    ranges.push({ low: r.low, high: m - 1, at_low: r.at_low });
    look(m, r.high);
  }
  return best;
}

/** The system's deployment with the best batch under the limits, on the changed hardware. */
export function evaluate(t: Terms, change: Change): Result {
  const largest = largestBatch(t, change);
  if (largest === 0) return { reason: 'does not fit into memory' };
  const at = steadyState(t, change);
  const meets = (p: Point) =>
    p.tpot_s <= change.tpot_s && (t.ttft_limit_s === null || p.ttft_s <= t.ttft_limit_s);
  const best = bestBatch(largest, at, meets);
  if (!best) {
    const one = at(1);
    return {
      reason:
        one.tpot_s > change.tpot_s
          ? 'TPOT limit out of reach with one sequence'
          : 'TTFT limit out of reach',
    };
  }
  return {
    ...best,
    throughput: (best.rate * t.engines) / t.chips,
    concurrency: best.batch * t.dp * t.engines,
  };
}
