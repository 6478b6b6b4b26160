// The tornado of a sensitivity: what each input's range does to a metric.

import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { TornadoChart } from '../document.ts';
import { significant, withUnit } from '../format.ts';
import { type Drawing, type LegendEntry, type View, widest, wrapped } from './drawing.ts';
import { axes, layoutOf, names, PADDING, rowTop, type Shape, text } from './row_layout.ts';
import { linearTicks } from './scale.ts';

type Series = CustomSeriesOption | LineSeriesOption;

export function drawTornado(chart: TornadoChart, view: View): Drawing {
  const { theme } = view;
  const { rows, centre } = chart;
  const metric = chart.x;
  const layout = layoutOf(
    rows.map((r) => r.name),
    1,
    view,
  );
  const values = [centre, ...rows.flatMap((r) => [r.low, r.high])];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const texts = rows.flatMap((r) => [r.low_value, r.high_value]);
  const labelRoom = Math.min(110, Math.ceil(widest(texts)) + 12);
  // Room for the texts at both ends of the longest bar: part of the axis, so that they stay in it.
  const plot = Math.max(120, view.width - layout.left - 24);
  const share = Math.min(0.3, labelRoom / plot);
  const spare = ((most - least) * share) / Math.max(0.2, 1 - 2 * share);
  // Not from zero: what is read is the distance from the centre.
  const [min, max] = [least - spare, most + spare];
  const { ticks } = linearTicks(min, max, plot / 84);
  const cut = { min, max, ticks: ticks.filter((t) => t >= min && t <= max) };

  const details: Drawing['details'] = new Map();
  const ends = [
    {
      key: 'low' as const,
      value: 'low_value' as const,
      name: 'input at its low end',
      color: theme.low,
    },
    {
      key: 'high' as const,
      value: 'high_value' as const,
      name: 'input at its high end',
      color: theme.high,
    },
  ];
  const shownEnds = ends.filter((end) => !view.hidden.has(end.name));
  const series: Series[] = shownEnds.map((end, at) => {
    details.set(
      at,
      rows.map((r) => ({
        title: r.name,
        rows: [
          [r[end.value], withUnit(significant(r[end.key]), metric.unit)],
          ['as configured', withUnit(significant(centre), metric.unit)],
        ],
      })),
    );
    return {
      type: 'custom',
      name: end.name,
      z: 3,
      clip: false,
      data: rows.map((r, i) => [r[end.key], i + 0.5]),
      renderItem: (params, api): Shape => {
        const i = params.dataIndex;
        const r = rows[i];
        if (!r) return undefined as unknown as Shape;
        const y = rowTop(api, layout, i) + PADDING / 2 + layout.above;
        const [middle = 0] = api.coord([centre, i]) as number[];
        const [to = 0] = api.coord([r[end.key], i]) as number[];
        // Both ends on one side: the nearer one is drawn over the farther, thinner.
        const inner =
          (r.low - centre) * (r.high - centre) > 0 &&
          Math.abs(r[end.key] - centre) < Math.abs(r[end.key === 'low' ? 'high' : 'low'] - centre);
        const trim = inner ? layout.bar / 4 : 0;
        const right = to >= middle;
        const children: unknown[] = [
          {
            type: 'rect',
            shape: {
              x: Math.min(middle, to),
              y: y + trim,
              width: Math.max(1, Math.abs(to - middle)),
              height: layout.bar - 2 * trim,
            },
            style: { fill: end.color },
          },
        ];
        if (!inner)
          children.push(
            text(
              to + (right ? 5 : -5),
              y + layout.bar / 2,
              wrapped(r[end.value], labelRoom, 1),
              theme.ink,
              right ? 'left' : 'right',
            ),
          );
        return { type: 'group', children } as Shape;
      },
    };
  });
  series.push(
    {
      type: 'line',
      name: 'as configured',
      silent: true,
      z: 5,
      data: [
        [centre, 0],
        [centre, rows.length],
      ],
      showSymbol: false,
      lineStyle: { color: theme.ink, width: 1.25 },
      tooltip: { show: false },
    },
    names(layout, view),
  );
  return {
    height: layout.height,
    details,
    marks: rows.length * shownEnds.length,
    legend: [
      ...ends.map((end): LegendEntry => ({
        name: end.name,
        color: end.color,
        shape: 'block',
        line: false,
        dash: false,
        toggles: true,
      })),
      {
        name: `as configured: ${withUnit(significant(centre), metric.unit)}`,
        color: theme.ink,
        shape: 'line',
        line: true,
        dash: false,
        toggles: false,
      },
    ],
    option: { ...axes(metric, 'linear', cut, layout, view, 16), series },
  };
}
