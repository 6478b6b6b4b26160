// Extents and ticks of axes: round numbers, and on a logarithmic axis 1-2-5 steps within a decade.

import type { Scale } from '../document.ts';

export interface Ticks {
  min: number;
  max: number;
  ticks: number[];
}

/** Rounds away what binary fractions add: 0.1 * 3 is 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}

export function linearTicks(low: number, high: number, wanted: number): Ticks {
  let [min, max] = [low, high];
  if (!(max > min))
    [min, max] = min === 0 ? [0, 1] : [min - Math.abs(min) / 2, max + Math.abs(max) / 2];
  const raw = (max - min) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((m) => m * power >= raw * 0.999) ?? 10) * power;
  const first = Math.floor(min / step + 1e-9);
  const last = Math.ceil(max / step - 1e-9);
  const ticks: number[] = [];
  for (let i = first; i <= last; ++i) ticks.push(clean(i * step));
  return { min: clean(first * step), max: clean(last * step), ticks };
}

const FINE = [1, 1.5, 2, 3, 4, 5, 6, 7, 8];
const STEPS = [FINE, [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];
const EDGES = [1, 2, 3, 5, 7];

export function logTicks(low: number, high: number, wanted: number): Ticks {
  let [min, max] = [low, high];
  if (!(min > 0)) min = max > 0 ? max / 1e3 : 1;
  if (!(max > min)) [min, max] = [min / 2, min * 2];
  const within = (mantissas: readonly number[], from: number, to: number) => {
    const ticks: number[] = [];
    for (let e = Math.floor(Math.log10(from)); e <= Math.ceil(Math.log10(to)); ++e)
      for (const m of mantissas) {
        const tick = clean(m * 10 ** e);
        if (tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9)) ticks.push(tick);
      }
    return ticks;
  };
  min = within(EDGES, min / 10, min).at(-1) ?? min;
  max = within(EDGES, max, max * 10)[0] ?? max;
  const limit = Math.max(3, wanted);
  let ticks = STEPS.map((mantissas) => within(mantissas, min, max)).find((t) => t.length <= limit);
  if (!ticks) {
    const powers = within([1], min, max);
    const every = Math.ceil(powers.length / limit);
    ticks = powers.filter((_, i) => i % every === 0);
  }
  return { min, max, ticks };
}

/** Extent and ticks for values from `low` to `high`, about `wanted` of them. */
export function axisTicks(scale: Scale, low: number, high: number, wanted: number): Ticks {
  if (scale === 'log') return logTicks(low, high, wanted);
  // Lengths and heights are read from zero; a narrow range far from it is not.
  const from = low > 0 && low < 0.7 * high ? 0 : low;
  return linearTicks(from, high, wanted);
}
