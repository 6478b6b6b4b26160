// Points and lines over two numeric axes: rooflines, Pareto curves with bands, measured against
// predicted.

import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts';
import type { Point, RefLine, XyChart, XySeries } from '../document.ts';
import { significant, tick, withUnit } from '../format.ts';
import { pick, shapeOf } from '../theme.ts';
import {
  type Detail,
  type Drawing,
  FONT_SIZE,
  finite,
  fitted,
  frame,
  type LegendEntry,
  NARROW,
  numericAxis,
  textWidth,
  type View,
  widest,
} from './drawing.ts';
import { axisTicks } from './scale.ts';
import { type EndLabel, endLabels, pointLabels } from './xy_labels.ts';

type Series = CustomSeriesOption | LineSeriesOption | ScatterSeriesOption;
type Shape = ReturnType<NonNullable<CustomSeriesOption['renderItem']>>;

const TOP = 34; // the name of the y axis stands over the plot
const BOTTOM = 46;
const WHISKER = 4;
const MOST_END_LABELS = 10;
const MOST_LABEL_WIDTH = 180;
const SMALLEST_POINT = 8;
const LARGEST_POINT = 26;

interface Drawn {
  series: XySeries;
  color: string;
  shape: number;
}

/** Points that can be drawn: a logarithmic axis has no place for zero. */
function drawable(points: Point[], view: View): Point[] {
  return points.filter(
    (p) =>
      p.x !== null &&
      p.y !== null &&
      (view.x === 'linear' || p.x > 0) &&
      (view.y === 'linear' || p.y > 0),
  );
}

/** Diameter of a point's mark: its area follows its share. */
function sizeOf(point: Point | undefined): number {
  if (typeof point?.size !== 'number') return SMALLEST_POINT + 1;
  return SMALLEST_POINT + (LARGEST_POINT - SMALLEST_POINT) * Math.sqrt(Math.max(0, point.size));
}

function extents(chart: XyChart, drawn: Drawn[], view: View) {
  const shown = drawn.length > 0 ? drawn.map((d) => d.series) : chart.series;
  const points = shown.flatMap((s) => drawable(s.points, view));
  const lines = (chart.lines ?? []).flatMap((line) => line.points);
  const positive = (scale: string) => (v: number) => scale === 'linear' || v > 0;
  const xs = finite([...points.map((p) => p.x), ...lines.map(([x]) => x)]).filter(positive(view.x));
  const ys = finite([
    ...points.flatMap((p) => [p.y, p.low, p.high]),
    ...lines.map(([, y]) => y),
  ]).filter(positive(view.y));
  const range = (values: number[]): [number, number] =>
    values.length > 0
      ? [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
      : [1, 10];
  return { x: range(xs), y: range(ys) };
}

function detailOf(chart: XyChart, series: XySeries, p: Point): Detail {
  const number = (v: number | null | undefined, unit: string | null | undefined) =>
    withUnit(significant(v), unit);
  const rows: Detail['rows'] = [
    [chart.x.label, number(p.x, chart.x.unit)],
    [chart.y.label, number(p.y, chart.y.unit)],
  ];
  if (typeof p.low === 'number' && typeof p.high === 'number')
    rows.push(['p10 to p90', `${significant(p.low)} to ${number(p.high, chart.y.unit)}`]);
  // A label may begin with the series' name, which is the title already.
  const text = p.label?.startsWith(`${series.name}, `)
    ? p.label.slice(series.name.length + 2)
    : p.label;
  return { title: series.name, text, rows };
}

function bandOf(d: Drawn, points: Point[], floor: number): Series | undefined {
  const banded = points.filter((p) => typeof p.low === 'number' && typeof p.high === 'number');
  const [first] = banded;
  if (!first || banded.length < 2) return undefined;
  return {
    type: 'custom',
    name: d.series.name,
    silent: true,
    clip: true,
    z: 1,
    data: [[first.x as number, first.y as number]],
    renderItem: (_, api): Shape => {
      const edge = (p: Point, v: number) => api.coord([p.x as number, Math.max(v, floor)]);
      const points = [
        ...banded.map((p) => edge(p, p.low as number)),
        ...banded.map((p) => edge(p, p.high as number)).reverse(),
      ] as [number, number][];
      return {
        type: 'polygon',
        shape: { points },
        style: { fill: d.color, opacity: 0.16, stroke: 'none' },
      };
    },
  };
}

function whiskersOf(d: Drawn, points: Point[], floor: number): Series | undefined {
  const ranged = points.filter((p) => typeof p.low === 'number' && typeof p.high === 'number');
  if (ranged.length === 0) return undefined;
  return {
    type: 'custom',
    name: d.series.name,
    silent: true,
    clip: true,
    z: 3,
    data: ranged.map((p) => [p.x as number, p.y as number]),
    renderItem: (params, api): Shape => {
      const p = ranged[params.dataIndex];
      if (!p) return undefined as unknown as Shape;
      const [x = 0, low = 0] = api.coord([p.x as number, Math.max(p.low as number, floor)]);
      const [, high = 0] = api.coord([p.x as number, p.high as number]);
      return {
        type: 'path',
        shape: {
          pathData: `M${x - WHISKER} ${low}h${2 * WHISKER}M${x} ${low}V${high}M${x - WHISKER} ${high}h${2 * WHISKER}`,
        },
        style: { fill: 'none', stroke: d.color, lineWidth: 1, opacity: 0.7 },
      } as Shape;
    },
  };
}

function lineOf(d: Drawn, points: Point[], view: View): Series {
  const many = points.length > 60;
  return {
    type: 'line',
    name: d.series.name,
    z: 4,
    data: points.map((p) => [p.x as number, p.y as number]),
    step: d.series.mark === 'step' ? 'end' : false,
    symbol: `path://${shapeOf(d.shape)}`,
    symbolSize: d.series.mark === 'both' && view.width >= NARROW ? 9 : 6,
    showSymbol: !many || d.series.mark === 'both',
    itemStyle: { color: d.color, borderColor: view.theme.surface, borderWidth: 1 },
    lineStyle: { color: d.color, width: 2, type: d.series.dash ? [6, 4] : 'solid' },
    emphasis: { disabled: true },
  };
}

function pointsOf(d: Drawn, points: Point[], view: View): Series {
  return {
    type: 'scatter',
    name: d.series.name,
    z: 5,
    data: points.map((p) => [p.x as number, p.y as number]),
    symbol: `path://${shapeOf(d.shape)}`,
    symbolSize: (_: unknown, params: { dataIndex: number }) => sizeOf(points[params.dataIndex]),
    itemStyle: {
      color: d.series.dash ? 'transparent' : d.color,
      opacity: 0.85,
      borderColor: d.series.dash ? d.color : view.theme.surface,
      borderWidth: d.series.dash ? 1.5 : 1,
    },
    emphasis: { scale: 1.25 },
  } as ScatterSeriesOption;
}

function refLineOf(line: RefLine, view: View): Series {
  return {
    type: 'line',
    name: line.name,
    z: 2,
    silent: true,
    data: line.points,
    showSymbol: false,
    lineStyle: { color: view.theme.rule, width: 1.25, type: line.dash ? [5, 4] : 'solid' },
    emphasis: { disabled: true },
    tooltip: { show: false },
  } as LineSeriesOption;
}

/** A name as it fits beside a line: what stands in brackets is in the legend. */
function shortName(name: string): string {
  const short = name.replace(/ \([^)]*\)$/, '');
  return fitted(short, MOST_LABEL_WIDTH);
}

/** The last point of a line that lies in the plot, between its points where the plot cuts it. */
function endOf(points: [number, number][], xMax: number): [number, number] | undefined {
  return points.filter(([x]) => x <= xMax * (1 + 1e-9)).at(-1);
}

export function drawXy(chart: XyChart, view: View): Drawing {
  const { theme } = view;
  const narrow = view.width < NARROW;
  const all: Drawn[] = chart.series.map((series, i) => {
    const shape = series.system ? view.color(series.system) : i;
    return { series, shape, color: pick(theme.systems, shape) };
  });
  const shown = all.filter((d) => view.shows(d.series.system));
  const drawn = shown.filter((d) => !view.hidden.has(d.series.name));
  const lines = chart.lines ?? [];

  const range = extents(chart, drawn, view);
  const height = Math.round(Math.min(520, Math.max(300, view.width * 0.56)));
  const y = axisTicks(view.y, ...range.y, (height - TOP - BOTTOM) / 44);
  const left = Math.ceil(widest(y.ticks.map(tick))) + 16;
  const inside = narrow;
  const x0 = axisTicks(view.x, ...range.x, view.width / 70);

  const labels: EndLabel[] = [];
  for (const line of lines) {
    const end = endOf(line.points, x0.max);
    if (end) labels.push({ x: end[0], y: end[1], text: line.name, color: theme.quiet });
  }
  const curves = drawn.filter((d) => d.series.mark !== 'points');
  if (!inside && curves.length <= MOST_END_LABELS)
    for (const d of curves) {
      const end = drawable(d.series.points, view).at(-1);
      if (end)
        labels.push({
          x: end.x as number,
          y: end.y as number,
          text: shortName(d.series.name),
          color: d.color,
        });
    }
  // Only labels that end near the right edge need room beside the plot.
  const plot = view.width - left - 24;
  const place = (v: number) =>
    view.x === 'log'
      ? Math.log(v / x0.min) / Math.log(x0.max / x0.min)
      : (v - x0.min) / (x0.max - x0.min);
  const over = inside
    ? 0
    : labels.reduce((most, l) => {
        const room = (1 - place(l.x)) * plot;
        return Math.max(most, textWidth(l.text) + 12 - room);
      }, 0);
  const right = Math.min(200, Math.ceil(Math.max(18, over)));
  const x = axisTicks(view.x, ...range.x, (view.width - left - right) / (narrow ? 62 : 74));

  const series: Series[] = [];
  const details: Drawing['details'] = new Map();
  const put = (s: Series | undefined, list?: Detail[]) => {
    if (!s) return;
    if (list) details.set(series.length, list);
    series.push(s);
  };
  let marks = 0;
  for (const line of lines) put(refLineOf(line, view));
  for (const d of drawn) {
    const points = drawable(d.series.points, view);
    marks += points.length;
    const list = points.map((p) => detailOf(chart, d.series, p));
    if (d.series.mark === 'points') {
      put(whiskersOf(d, points, y.min));
      put(pointsOf(d, points, view), list);
    } else {
      put(bandOf(d, points, y.min));
      put(lineOf(d, points, view), list);
    }
  }
  put(endLabels(labels, inside, theme.surface));
  if (!narrow)
    put(
      pointLabels(
        drawn
          .filter((d) => d.series.mark === 'points')
          .flatMap((d) => drawable(d.series.points, view))
          .map((p) => ({
            x: p.x as number,
            y: p.y as number,
            radius: sizeOf(p) / 2,
            label: p.label ?? '',
          })),
        theme.quiet,
        theme.surface,
      ),
    );

  const legend: LegendEntry[] = shown.map((d) => ({
    name: d.series.name,
    color: d.color,
    shape: d.shape,
    line: d.series.mark !== 'points',
    dash: d.series.dash === true,
    toggles: true,
  }));
  return {
    height,
    details,
    legend,
    marks,
    option: {
      ...frame(theme),
      grid: { left, right, top: TOP, bottom: BOTTOM, outerBoundsMode: 'none' },
      xAxis: {
        ...numericAxis(chart.x, view.x, x, theme),
        nameLocation: 'middle',
        nameGap: 28,
      },
      yAxis: {
        ...numericAxis(chart.y, view.y, y, theme),
        nameLocation: 'end',
        nameGap: 14,
        nameTextStyle: {
          color: theme.quiet,
          fontSize: FONT_SIZE,
          align: 'left',
          padding: [0, 0, 0, 4 - left],
        },
      },
      series,
    },
  };
}
