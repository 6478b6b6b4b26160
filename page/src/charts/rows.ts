// Horizontal bars over categories, side by side or stacked.

import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { RowChart, RowSeries } from '../document.ts';
import { significant, withUnit } from '../format.ts';
import { pick } from '../theme.ts';
import {
  type Detail,
  type Drawing,
  finite,
  inkOn,
  type LegendEntry,
  textWidth,
  type View,
} from './drawing.ts';
import {
  axes,
  GAP,
  LABEL_SIZE,
  layoutOf,
  names,
  PADDING,
  rowTop,
  type Shape,
  text,
} from './row_layout.ts';
import { axisTicks } from './scale.ts';

type Series = CustomSeriesOption | LineSeriesOption;

/** Reference lines: their points are [value, category], category i spanning i - 0.5 to i + 0.5. */
function refLines(chart: RowChart, kept: number[], view: View): Series[] {
  return (chart.lines ?? []).map((line) => ({
    type: 'line' as const,
    name: line.name,
    silent: true,
    z: 5,
    data: line.points.map(([value, row]) => {
      const at = kept.indexOf(Math.round(row));
      return [value, at < 0 ? Number.NaN : at + 0.5 + (row - Math.round(row))];
    }),
    showSymbol: false,
    lineStyle: { color: view.theme.ink, width: 1.5, type: line.dash ? [5, 4] : ('solid' as const) },
    emphasis: { disabled: true },
    tooltip: { show: false },
  })) as Series[];
}

export function drawRows(chart: RowChart, view: View): Drawing {
  const { theme } = view;
  const vertical = Array.isArray(chart.x.categories); // the document's way; drawn as rows all the same
  const category = vertical ? chart.x : chart.y;
  const metric = vertical ? chart.y : chart.x;
  const scale = vertical ? view.y : view.x;
  const stacked = chart.kind === 'stack';
  const categories = category.categories ?? [];
  const kept = categories.map((_, i) => i).filter((i) => view.shows(category.systems?.[i]));

  const bySystem = !stacked && chart.series.length === 1;
  const colors = stacked || !chart.series.some((s) => s.system) ? theme.parts : theme.systems;
  const all = chart.series.map((series, i) => ({
    series,
    color: series.system ? pick(theme.systems, view.color(series.system)) : pick(colors, i),
  }));
  const shown = all.filter((d) => view.shows(d.series.system));
  const drawn = shown.filter((d) => !view.hidden.has(d.series.name));
  const colorAt = (color: string, row: number) => {
    const system = bySystem ? category.systems?.[row] : null;
    return system ? pick(theme.systems, view.color(system)) : color;
  };

  const value = (s: RowSeries, row: number) => s.values[row] ?? null;
  const totals = kept.map((row) =>
    drawn.reduce((sum, d) => sum + Math.max(0, value(d.series, row) ?? 0), 0),
  );
  const numbers = stacked
    ? totals
    : finite(
        drawn.flatMap(({ series }) =>
          kept.flatMap((row) => [series.values[row], series.low?.[row], series.high?.[row]]),
        ),
      );
  for (const line of chart.lines ?? []) numbers.push(...line.points.map(([v]) => v));
  const usable = scale === 'log' ? numbers.filter((v) => v > 0) : numbers;
  const most = usable.reduce((a, b) => Math.max(a, b), scale === 'log' ? 1e-300 : 0);
  const least = usable.reduce((a, b) => Math.min(a, b), scale === 'log' ? most : 0);

  const layout = layoutOf(
    kept.map((row) => categories[row] ?? ''),
    stacked ? 1 : Math.max(1, drawn.length),
    view,
  );
  const labelRoom = Math.ceil(textWidth(significant(most), LABEL_SIZE)) + 20;
  const wanted = (view.width - layout.left - labelRoom) / 84;
  // Bars of factors start at one. Others on a logarithmic axis start below the smallest, so that it
  // too has a length.
  const factors = scale === 'log' && metric.unit === 'x' && least <= 1 && most >= 1;
  const lowest = scale === 'log' ? (factors ? least : least / 2) : Math.min(0, least);
  const ticks = axisTicks(scale, lowest, most || 1, wanted);
  const base = factors ? 1 : scale === 'log' ? ticks.min : 0;

  const series: Series[] = [];
  const details: Drawing['details'] = new Map();
  let marks = 0;
  const detailOf = (name: string, row: number, rows: Detail['rows']): Detail => ({
    title: categories[row] ?? name,
    rows,
  });
  const withMetric = (v: number | null | undefined) => withUnit(significant(v), metric.unit);

  drawn.forEach((d, at) => {
    const before = kept.map((row) =>
      drawn.slice(0, at).reduce((sum, o) => sum + Math.max(0, value(o.series, row) ?? 0), 0),
    );
    const list = kept.map((row, i) => {
      const v = value(d.series, row);
      const rows: Detail['rows'] = [[d.series.name, withMetric(v)]];
      const [low, high] = [d.series.low?.[row], d.series.high?.[row]];
      if (typeof low === 'number' && typeof high === 'number')
        rows.push(['p10 to p90', `${significant(low)} to ${withMetric(high)}`]);
      if (stacked && v !== null && (totals[i] ?? 0) > 0) {
        rows.push(['share', `${significant((100 * v) / (totals[i] ?? 1), 3)} %`]);
        rows.push(['total', withMetric(totals[i])]);
      }
      return detailOf(d.series.name, row, rows);
    });
    marks += kept.filter((row) => value(d.series, row) !== null).length;
    details.set(series.length, list);
    series.push({
      type: 'custom',
      name: d.series.name,
      z: 3,
      clip: false,
      data: kept.map((row, i) => [(before[i] ?? 0) + (value(d.series, row) ?? base), i + 0.5]),
      renderItem: (params, api): Shape => {
        const i = params.dataIndex;
        const row = kept[i] ?? 0;
        const v = value(d.series, row);
        const lane = stacked ? 0 : at;
        const y = rowTop(api, layout, i) + PADDING / 2 + layout.above + lane * (layout.bar + GAP);
        const middle = y + layout.bar / 2;
        const xOf = (x: number) => (api.coord([Math.max(x, ticks.min), i]) as number[])[0] ?? 0;
        if (v === null || (scale === 'log' && v <= 0)) {
          if (stacked) return undefined as unknown as Shape;
          return text(xOf(base) + 6, middle, 'no value', theme.quiet) as Shape;
        }
        const fill = colorAt(d.color, row);
        const from = xOf(stacked ? (before[i] ?? 0) : base);
        const to = xOf(stacked ? (before[i] ?? 0) + v : v);
        const bar = {
          type: 'rect' as const,
          shape: {
            x: Math.min(from, to),
            y,
            width: Math.max(1, Math.abs(to - from)),
            height: layout.bar,
          },
          style: { fill, stroke: theme.surface, lineWidth: stacked ? 1 : 0 },
        };
        const children: unknown[] = [bar];
        let end = Math.max(from, to);
        const [low, high] = [d.series.low?.[row], d.series.high?.[row]];
        if (typeof low === 'number' && typeof high === 'number' && !stacked) {
          const [a, b] = [xOf(low), xOf(high)];
          const cap = layout.bar / 4;
          children.push({
            type: 'path',
            shape: {
              pathData: `M${a} ${middle - cap}v${2 * cap}M${a} ${middle}H${b}M${b} ${middle - cap}v${2 * cap}`,
            },
            style: { fill: 'none', stroke: theme.ink, lineWidth: 1.25 },
          });
          end = Math.max(end, b);
        }
        const label = significant(v);
        if (!stacked) children.push(text(end + 6, middle, label, theme.ink));
        else if (to - from > textWidth(label, LABEL_SIZE) + 8)
          children.push(text((from + to) / 2, middle, label, inkOn(fill), 'center'));
        return { type: 'group', children } as Shape;
      },
    });
  });
  if (stacked)
    series.push({
      type: 'custom',
      name: 'totals',
      silent: true,
      clip: false,
      z: 6,
      tooltip: { show: false },
      data: totals.map((v, i) => [v, i + 0.5]),
      renderItem: (params, api): Shape => {
        const i = params.dataIndex;
        const [x = 0] = api.coord([totals[i] ?? 0, i]) as number[];
        const y = rowTop(api, layout, i) + PADDING / 2 + layout.above + layout.bar / 2;
        const total = totals[i] ?? 0;
        return text(x + 6, y, total > 0 ? significant(total) : 'no value', theme.ink) as Shape;
      },
    });
  series.push(...refLines(chart, kept, view), names(layout, view));

  const legend: LegendEntry[] = [];
  if (!bySystem || !category.systems?.some(Boolean))
    for (const d of shown)
      legend.push({
        name: d.series.name,
        color: d.color,
        shape: 'block',
        line: false,
        dash: false,
        toggles: all.length > 1,
      });
  for (const line of chart.lines ?? [])
    legend.push({
      name: line.name,
      color: theme.ink,
      shape: 'line',
      line: true,
      dash: line.dash === true,
      toggles: false,
    });
  return {
    height: layout.height,
    details,
    legend,
    marks,
    option: { ...axes(metric, scale, ticks, layout, view, labelRoom), series },
  };
}
