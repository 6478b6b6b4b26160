// Where rows lie: a category's name, and its bars on one numeric axis.

import type { CustomSeriesOption } from 'echarts/charts';
import type { Axis } from '../document.ts';
import { FONT_SIZE, frame, NARROW, numericAxis, type View, widest, wrapped } from './drawing.ts';
import type { Ticks } from './scale.ts';

export type Shape = ReturnType<NonNullable<CustomSeriesOption['renderItem']>>;
export type Api = Parameters<NonNullable<CustomSeriesOption['renderItem']>>[1];

const BOTTOM = 46;
const TOP = 8;
export const GAP = 2;
export const PADDING = 14; // between groups
const NAME_HEIGHT = 18; // of a category's name over its bars, where there is no room beside them
export const LABEL_SIZE = 11;

/** A category's place: rows are numbered from the top, row i from i to i + 1. */
export interface Layout {
  names: string[];
  bar: number;
  band: number;
  above: number;
  left: number;
  height: number;
  /** The left end of the numeric axis: a conversion to pixels takes both coordinates. */
  origin: number;
}

export function layoutOf(names: string[], bars: number, view: View): Layout {
  const narrow = view.width < NARROW;
  const bar = bars > 3 ? 13 : bars > 1 ? 16 : 20;
  const above = narrow ? NAME_HEIGHT : 0;
  const band = bars * (bar + GAP) + PADDING + above;
  const left = narrow ? 8 : Math.min(Math.ceil(widest(names)) + 14, view.width * 0.3);
  const height = TOP + Math.max(1, names.length) * band + BOTTOM;
  return { names, bar, band, above, left: Math.round(left), height: Math.round(height), origin: 0 };
}

export function names(layout: Layout, view: View): CustomSeriesOption {
  const { theme } = view;
  return {
    type: 'custom',
    name: 'names',
    silent: true,
    clip: false,
    z: 6,
    tooltip: { show: false },
    data: layout.names.map((_, i) => [0, i + 0.5]),
    encode: { x: -1, y: 1 },
    renderItem: (params, api): Shape => {
      const i = params.dataIndex;
      const box = params.coordSys as unknown as { x: number };
      const above = layout.above > 0;
      const room = above ? view.width - 16 : layout.left - 14;
      const top = rowTop(api, layout, i);
      return {
        type: 'text',
        style: {
          text: wrapped(layout.names[i] ?? '', room, above ? 1 : 2),
          x: above ? box.x : box.x - 8,
          y: above ? top + NAME_HEIGHT / 2 + 3 : top + layout.band / 2,
          align: above ? 'left' : 'right',
          verticalAlign: 'middle',
          fill: theme.ink,
          fontSize: FONT_SIZE,
          lineHeight: 14,
        },
      } as Shape;
    },
  };
}

/** Where a row begins, in pixels. */
export function rowTop(api: Api, layout: Layout, row: number): number {
  return (api.coord([layout.origin, row]) as number[])[1] ?? 0;
}

export function text(x: number, y: number, content: string, fill: string, align = 'left') {
  return {
    type: 'text' as const,
    silent: true,
    style: { text: content, x, y, fill, align, verticalAlign: 'middle', fontSize: LABEL_SIZE },
  };
}

export function axes(
  metric: Axis,
  scale: 'linear' | 'log',
  ticks: Ticks,
  layout: Layout,
  view: View,
  right: number,
) {
  layout.origin = ticks.min;
  return {
    ...frame(view.theme),
    grid: { left: layout.left, right, top: TOP, bottom: BOTTOM, outerBoundsMode: 'none' },
    xAxis: {
      ...numericAxis(metric, scale, ticks, view.theme),
      nameLocation: 'middle',
      nameGap: 28,
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: Math.max(1, layout.names.length),
      inverse: true,
      axisLine: { show: true, onZero: false, lineStyle: { color: view.theme.rule } },
      axisLabel: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
    },
  };
}
